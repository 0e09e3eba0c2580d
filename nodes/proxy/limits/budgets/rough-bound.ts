// The most that one attempt can cost, by what is known of a request without looking into its body: its length, the cap of its answer and
// its target's prices. It is what an attempt without an answer counts with where no hard budget has reserved more exactly. It counts
// pictures and files by the bytes that stand in the request, and no instructions that a provider adds.
import type { BodyScan } from '../../../../shared/json/scan.ts'
import { ExactCost } from '../../../../shared/models/exact-cost.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import { geminiNumbers } from '../../request/gemini-numbers.ts'
import type { InferenceRequest } from '../../request/inference-request.ts'
import { capOf, frameTokens, isFree, targetBound } from './cost-bound.ts'
import { ceilingAt, type PriceCeiling } from './price-ceiling.ts'

export class RoughBounds {
  readonly #ceilings = new WeakMap<Target, PriceCeiling>()

  /** In nano-dollars; undefined where nothing bounds it. The body is read, and must still be there. */
  of(
    { operation, body, receivedAtMs }: AuthenticatedRequest,
    asked: InferenceRequest,
    target: Target,
  ): number | undefined {
    if (operation.counts !== undefined) return 0
    const ceiling = this.#ceilingAt(target, receivedAtMs)
    if (isFree(ceiling)) return 0
    const { body: read } = asked.facts
    if (ceiling.rates === undefined && ceiling.unitPrice === undefined) return undefined
    if (read.type === 'form') return undefined
    const { scan } = read
    const bytes = body.bytes.length
    const writes = asked.hasConversation
    const { cap, answers } = writes ? numbersOf(operation.dialect, scan) : silent
    const sizes = {
      bytes,
      input: bytes + frameTokens,
      outputCap: cap,
      answers,
      writes,
      tier: undefined,
    }
    const bound = targetBound(operation, ceiling, sizes, scan)
    return 'nanoUsd' in bound ? bound.nanoUsd : undefined
  }

  #ceilingAt(target: Target, atMs: number): PriceCeiling {
    if (target.laterPrices !== undefined) return ceilingAt(target, atMs)
    const known = this.#ceilings.get(target)
    if (known !== undefined) return known
    const made = ceilingAt(target, atMs)
    this.#ceilings.set(target, made)
    return made
  }
}

const silent = { cap: undefined, answers: 1 }

function numbersOf(dialect: string, scan: BodyScan): { readonly cap: number | undefined; readonly answers: number } {
  if (dialect !== 'gemini') return { cap: capOf(dialect, scan), answers: Math.max(1, scan.number('n') ?? 1) }
  const { caps, answers } = geminiNumbers(scan)
  return { cap: caps.length > 0 && caps.every((one) => one > 0) ? Math.max(...caps) : undefined, answers }
}

/** The most that one response of a realtime session can cost in nano-dollars; undefined where nothing bounds it. */
export function sessionBound(target: Target, atMs: number): number | undefined {
  const { rates } = ceilingAt(target, atMs)
  const { contextTokensMax, outputTokensMax = contextTokensMax } = target.facts
  if (rates === undefined || contextTokensMax === undefined || outputTokensMax === undefined) return undefined
  return new ExactCost().add(contextTokensMax, rates.input).add(outputTokensMax, rates.output).nanoUsdUp
}
