// What an attempt that has ended costs, and what that rests on. Records, budgets and the ledger count this amount and no other.
import type { AttemptOutcome, AttemptSettlement } from '../../../shared/telemetry/records.ts'
import { noTokens, type Tokens } from './attempt-cost.ts'
import { type Used, usedNothing } from './usage-meter.ts'

export interface AttemptEnd {
  readonly outcome: AttemptOutcome
  /** What the attempt used as far as it is known; undefined when nothing is known, or nothing was used. */
  readonly used: Used | undefined
  /** Whether any byte of the request was sent. */
  readonly isSent: boolean
  /** False for a request that providers charge nothing for: about files, for example. Absent: it may be charged. */
  readonly isCharged?: boolean
  /** What a hard budget has reserved for the attempt; undefined where none pays. */
  readonly reservedNanoUsd?: number | undefined
  /** The most that the attempt can cost in nano-dollars; undefined where nothing bounds it. */
  costBound(): number | undefined
}

export interface SettledAttempt {
  readonly tokens: Tokens
  /** 0 where it is not known. */
  readonly costNanoUsd: number
  /** Absent: `reported`. */
  readonly settlement: AttemptSettlement | undefined
}

const openEnds: ReadonlySet<AttemptOutcome> = new Set(['timeout', 'reset', 'protocol'])
const free: SettledAttempt = { tokens: noTokens, costNanoUsd: 0, settlement: undefined }

/** Whether nobody knows what the upstream has done, and charges, after an attempt that was sent and ended so. */
export function isOpenEnd(outcome: AttemptOutcome): boolean {
  return openEnds.has(outcome)
}

export function settledAttempt(end: AttemptEnd): SettledAttempt {
  const { outcome, isSent } = end
  if (end.isCharged === false || (outcome !== 'ok' && !isSent)) return free
  const used = end.used ?? usedNothing
  if (isOpenEnd(outcome) && (end.used === undefined || used.estimated || used.costNanoUsd === undefined))
    return settledOnBound(used, end.costBound())
  const { tokens, estimated, costNanoUsd } = used
  // A bound is one of a known price: without a price, only what a hard budget has reserved counts.
  if (costNanoUsd === undefined)
    return settledOnBound(used, used.isUncounted === true ? end.costBound() : end.reservedNanoUsd)
  return { tokens, costNanoUsd, settlement: estimated ? 'estimated' : undefined }
}

/** What is paid for an answer that nobody can count: the most that it can cost. */
export function settledOnBound(seen: Pick<Used, 'tokens' | 'costNanoUsd'>, bound: number | undefined): SettledAttempt {
  const { tokens, costNanoUsd = 0 } = seen
  // A bound that is wrong must not hide what was delivered.
  if (bound !== undefined)
    return { tokens, costNanoUsd: Math.max(bound, costNanoUsd), settlement: bound === 0 ? undefined : 'bound' }
  return { tokens, costNanoUsd, settlement: costNanoUsd === 0 ? 'unpriced' : 'estimated' }
}
