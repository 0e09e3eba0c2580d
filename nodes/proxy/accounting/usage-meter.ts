// What one attempt used: as the upstream reports it, else estimated, else counted in billable units.
import type { Usage } from '../../../shared/chat/usage.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import type { Operation } from '../operations/operation.ts'
import type { Target } from '../providers/endpoint.ts'
import {
  type AnswerStream,
  countedTokens,
  type InputEstimate,
  type StreamCounts,
  type StreamTokens,
} from '../streams/answer-stream.ts'
import { costOfAnswer, noTokens, type Tokens } from './attempt-cost.ts'
import { hasPrice } from './priced-target.ts'

/** An attempt, as far as it is metered. */
export interface Metered extends InputEstimate {
  readonly operation: Operation
  readonly target: Target
  readonly translator: AskedCharge
  /** When the request arrived, by the wall clock. */
  readonly receivedAtMs: number
}

/** What the request determines of the charge, where the answer does not tell it. */
export interface AskedCharge {
  /** Characters of speech, bytes of a file. */
  readonly units?: BillableUnits | undefined
  readonly serviceTier?: string | undefined
}

export interface Used {
  readonly tokens: Tokens
  readonly estimated: boolean
  /** The cost in nano-dollars; undefined where nobody knows it. */
  readonly costNanoUsd: number | undefined
  /** There is a price, and the answer does not report what it is for. */
  readonly isUncounted?: boolean
  readonly units: BillableUnits | undefined
}

/** What a whole answer reports, and how much text it has. */
interface AnswerCounts {
  readonly usage: Usage | undefined
  readonly textBytes: number
  readonly units?: BillableUnits | undefined
}

const nothingTold: StreamCounts = { usage: undefined, isOutputTold: false, textBytes: 0 }
const nothing: StreamTokens = { tokens: noTokens, estimated: false }

/** What a whole answer used. `usage` and `units` are undefined where the answer reports none. */
export function usedByAnswer(metered: Metered, answer: AnswerCounts): Used {
  return used(metered, tokensOfAnswer(metered, answer), answer.units)
}

function tokensOfAnswer(metered: Metered, answer: AnswerCounts): StreamTokens {
  const { operation } = metered
  const { usage, textBytes } = answer
  if (usage !== undefined) return { tokens: usage, estimated: false }
  if (operation.units !== undefined) return nothing
  return countedTokens({ usage, isOutputTold: false, textBytes }, metered)
}

/** What a stream used that ended or was cut. Without a stream, because the answer never came, the input alone counts. */
export function usedByStream(metered: Metered, stream: AnswerStream | undefined): Used {
  const countsUnits = metered.operation.units !== undefined
  const units = countsUnits && stream !== undefined ? (stream.units ?? metered.translator.units) : undefined
  return used(metered, tokensOfStream(metered, stream), units)
}

function tokensOfStream(metered: Metered, stream: AnswerStream | undefined): StreamTokens {
  if (metered.operation.units !== undefined) {
    const reported = stream?.tokens(metered)
    return reported === undefined || reported.estimated ? nothing : reported
  }
  return stream?.tokens(metered) ?? countedTokens(nothingTold, metered)
}

/** What a caller is told of a cost before its answer. */
export interface ToldCost {
  readonly costNanoUsd: number | undefined
  /** Whether nobody knows the cost. */
  readonly unpriced: boolean
}

export const noCost: ToldCost = { costNanoUsd: undefined, unpriced: false }

/** What is known of the cost at the head of a stream: whether there is a price, and of bytes that are charged by what is asked for, the
 *  cost itself. */
export function costAtHead(metered: Metered, stream: AnswerStream | undefined): ToldCost {
  const { target, translator } = metered
  const unpriced = !hasPrice(target, metered, () => translator.serviceTier)
  const isKnown = stream?.opaque === true && translator.units !== undefined
  return { costNanoUsd: isKnown ? usedByStream(metered, stream).costNanoUsd : undefined, unpriced }
}

/** What an attempt used that sent nothing to its upstream. */
export const usedNothing: Used = { ...nothing, costNanoUsd: 0, units: undefined }

function used(metered: Metered, { tokens, estimated }: StreamTokens, units: BillableUnits | undefined): Used {
  const { operation, target, translator, receivedAtMs } = metered
  if (operation.counts !== undefined) return usedNothing
  const countsUnits = operation.units !== undefined
  const askedTier = translator.serviceTier
  const costNanoUsd = costOfAnswer(target, { tokens, units, countsUnits, askedTier, receivedAtMs })
  if (costNanoUsd !== undefined) return { tokens, estimated, costNanoUsd, units }
  const isUncounted = hasPrice(target, metered, () => tokens.tier ?? askedTier)
  return { tokens, estimated, costNanoUsd, isUncounted, units }
}
