// The most that one attempt can cost, by what is known of a request without looking into its body: its length, the cap of its answer and
// its target's prices. It is what an attempt without an answer counts with where no hard budget has reserved more exactly. It counts
// pictures and files by the bytes that stand in the request, and no instructions that a provider adds.
import type { Target } from '../../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import type { InferenceRequest } from '../../request/inference-request.ts'
import { capOf, frameTokens, isFree, targetBound } from './cost-bound.ts'
import { ceilingOf, type PriceCeiling } from './price-ceiling.ts'

export class RoughBounds {
  readonly #ceilings = new WeakMap<Target, PriceCeiling>()

  /** In nano-dollars; undefined where nothing bounds it. The body is read, and must still be there. */
  of({ operation, body }: AuthenticatedRequest, asked: InferenceRequest, target: Target): number | undefined {
    if (operation.counts !== undefined) return 0
    const ceiling = this.#ceilingOf(target)
    if (isFree(ceiling)) return 0
    const { body: read } = asked.facts
    if (ceiling.rates === undefined && target.unitPrice === undefined) return undefined
    if (read.type === 'form') return undefined
    const { scan } = read
    const bytes = body.bytes.length
    const writes = asked.hasConversation
    const sizes = {
      bytes,
      input: bytes + frameTokens,
      outputCap: writes ? capOf(operation.dialect, scan) : undefined,
      answers: writes ? Math.max(1, scan.number('n') ?? 1) : 1,
      writes,
      tier: undefined,
    }
    const bound = targetBound(operation, ceiling, sizes, scan)
    return 'nanoUsd' in bound ? Math.ceil(bound.nanoUsd) : undefined
  }

  #ceilingOf(target: Target): PriceCeiling {
    const known = this.#ceilings.get(target)
    if (known !== undefined) return known
    const made = ceilingOf(target)
    this.#ceilings.set(target, made)
    return made
  }
}

/** The most that one response of a realtime session can cost in nano-dollars; undefined where nothing bounds it. */
export function sessionBound(target: Target): number | undefined {
  const { rates } = ceilingOf(target)
  const { contextTokensMax, outputTokensMax = contextTokensMax } = target.facts
  if (rates === undefined || contextTokensMax === undefined || outputTokensMax === undefined) return undefined
  return Math.ceil(contextTokensMax * rates.input + outputTokensMax * rates.output)
}
