// What is reserved at one limit: what it turns out to have been used, and what callers are told of it.
import type { BucketRule, Charge } from '../../../cluster/gossip/bucket-rule.ts'
import type { BucketState, SharedBuckets } from '../../../cluster/gossip/shared-buckets.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { LimitUnit } from '../../../shared/config/kinds/limits/spec.ts'
import type { AttemptUse } from '../accounting/outcome.ts'
import type { CompiledLimit } from './compiled-limit.ts'
import { headerUnit, type LimitState, type LimitStates } from './limit-headers.ts'

export interface Reservation {
  readonly charge: Charge
  readonly limit: ReservingLimit
  /** What is charged so far: it grows with a stream that uses more than was reserved. */
  amount: number
  readonly rule: BucketRule
  /** Milliseconds since the epoch; undefined for limits that roll. */
  readonly windowEndMs: number | undefined
}

/** A limit, as far as what is reserved at it depends on it. */
export type ReservingLimit = Pick<CompiledLimit, 'name' | 'unit' | 'overdraft' | 'isEnforced'>

export interface ReservationTools {
  readonly buckets: SharedBuckets
  readonly clock: Clock
}

/** Whether more of a unit is used while an answer comes. */
export function isGrowing(unit: LimitUnit): boolean {
  return unit === 'tokens' || unit === 'outputTokens' || unit === 'usd'
}

/** What was used, and whether anything was sent to an upstream, or answered without one. */
export interface Use extends AttemptUse {
  readonly isServed: boolean
}

/** Charges the difference to what was used. Called once for each reservation. */
export function settleReservations(
  reservations: readonly Reservation[],
  use: Use,
  { buckets, clock }: ReservationTools,
): void {
  const nowMs = clock.monotonicMs()
  for (const { charge, limit, amount } of reservations) {
    const difference = usedOf(limit.unit, use, amount) - amount
    if (difference !== 0) buckets.adjust(charge, difference, nowMs)
  }
}

/** Charges a part of a long request, beside what is reserved for the whole. */
export function chargeUse(
  reservations: readonly Reservation[],
  use: AttemptUse,
  { buckets, clock }: ReservationTools,
): void {
  const nowMs = clock.monotonicMs()
  for (const { charge, limit } of reservations) {
    const { unit } = limit
    if (unit === 'requests' || unit === 'repeats' || unit === 'concurrency') continue
    buckets.adjust(charge, usedOf(unit, { ...use, isServed: true }, 0), nowMs)
  }
}

/** The state of the tightest limit of each unit. */
export function tightestStates(
  reservations: readonly Reservation[],
  { buckets, clock }: ReservationTools,
): LimitStates {
  let requests: LimitState | undefined
  let tokens: LimitState | undefined
  let inputTokens: LimitState | undefined
  let outputTokens: LimitState | undefined
  const nowMs = clock.monotonicMs()
  for (const { charge, limit, rule, windowEndMs } of reservations) {
    // A caller that was told of a limit that rejects nothing would wait for it.
    const unit = limit.isEnforced ? headerUnit(limit.unit) : undefined
    const found = unit === undefined ? undefined : buckets.stateOf(charge, nowMs)
    if (found === undefined) continue
    const windowLeftMs = windowEndMs === undefined ? undefined : windowEndMs - clock.wallMs()
    const state = limitState(found, rule.capacity, windowLeftMs)
    if (unit === 'requests') requests = tighter(state, requests)
    else if (unit === 'tokens') tokens = tighter(state, tokens)
    else if (unit === 'inputTokens') inputTokens = tighter(state, inputTokens)
    else outputTokens = tighter(state, outputTokens)
  }
  return { requests, tokens, inputTokens, outputTokens }
}

function tighter(state: LimitState, other: LimitState | undefined): LimitState {
  return other === undefined || state.remaining < other.remaining ? state : other
}

/** `windowLeftMs` is undefined for limits that roll. A window may have ended while the answer was on its way. */
export function limitState({ remaining, fullInMs }: BucketState, limit: number, windowLeftMs?: number): LimitState {
  return { limit, remaining, fullInMs: windowLeftMs === undefined ? fullInMs : Math.max(0, windowLeftMs) }
}

/** Above what an upstream can have answered: it is not believed more. */
const usedMax = 1e15

/** What was used of a unit. An upstream may say anything. */
function usedOf(unit: LimitUnit, use: Use, reserved: number): number {
  const used = toldUse(unit, use, reserved)
  return Number.isNaN(used) ? reserved : Math.min(usedMax, Math.max(0, used))
}

function toldUse(unit: LimitUnit, { tokens, costNanoUsd, isServed }: Use, reserved: number): number {
  switch (unit) {
    case 'concurrency':
      return 0
    case 'requests':
    case 'repeats':
      return isServed ? 1 : 0
    case 'inputTokens':
      return tokens.input
    case 'outputTokens':
      return tokens.output
    case 'tokens':
      return tokens.input + tokens.output
    case 'usd':
      return costNanoUsd ?? reserved
  }
}
