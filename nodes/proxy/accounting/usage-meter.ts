// What one attempt used: as the upstream reports it, else estimated, else counted in billable units.
import type { Usage } from '../../../shared/chat/usage.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import type { Operation } from '../operations/operation.ts'
import type { Target } from '../providers/endpoint.ts'
import type { AnswerStream, StreamTokens } from '../streams/answer-stream.ts'
import { isUnpriced, noTokens, type Tokens } from './attempt-cost.ts'

/** An attempt, as far as it is metered. */
export interface Metered {
  readonly operation: Operation
  readonly target: Target
  /** Tokens. */
  readonly estimatedInput: number
  /** Units that the request alone determines (characters of speech, bytes of a file). */
  readonly requestUnits: BillableUnits | undefined
}

export interface Used {
  readonly tokens: Tokens
  readonly estimated: boolean
  /** Nobody knows what it cost. */
  readonly unpriced: boolean
  readonly units: BillableUnits | undefined
}

const nothing: StreamTokens = { tokens: noTokens, estimated: false }

/** `usage` and `units` are undefined where the answer reports none; `bytes` is its length. */
export function usedByAnswer(
  metered: Metered,
  { usage, units, bytes }: { usage: Usage | undefined; units: BillableUnits | undefined; bytes: number },
): Used {
  return used(metered, tokensOfAnswer(metered, usage, bytes), units)
}

function tokensOfAnswer(metered: Metered, usage: Usage | undefined, bytes: number): StreamTokens {
  const { operation, estimatedInput } = metered
  if (operation.counts !== undefined) return nothing
  if (usage !== undefined) return { tokens: usage, estimated: false }
  if (operation.units !== undefined) return nothing
  return { tokens: { input: estimatedInput, output: Math.ceil(bytes / 4), cached: 0 }, estimated: true }
}

/** Of a stream that ended or was cut, and of an answer that never came (`stream` undefined): the input alone. */
export function usedByStream(metered: Metered, stream: AnswerStream | undefined): Used {
  const countsUnits = metered.operation.units !== undefined
  const units = countsUnits && stream !== undefined ? (stream.units ?? metered.requestUnits) : undefined
  return used(metered, tokensOfStream(metered, stream), units)
}

function tokensOfStream({ operation, estimatedInput }: Metered, stream: AnswerStream | undefined): StreamTokens {
  if (operation.units !== undefined) {
    const reported = stream?.tokens(0)
    return reported === undefined || reported.estimated ? nothing : reported
  }
  const inputAlone = { tokens: { input: estimatedInput, output: 0, cached: 0 }, estimated: true }
  return stream?.tokens(estimatedInput) ?? inputAlone
}

/** Of an attempt that sent nothing to its upstream. */
export function usedNothing(metered: Metered): Used {
  return used(metered, nothing, undefined)
}

function used(
  { operation, target }: Metered,
  { tokens, estimated }: StreamTokens,
  units: BillableUnits | undefined,
): Used {
  const unpriced = isUnpriced(target, { tokens, units, countsUnits: operation.units !== undefined })
  return { tokens, estimated, unpriced, units }
}
