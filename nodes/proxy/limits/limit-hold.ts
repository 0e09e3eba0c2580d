// What a request has reserved at its limits. It is settled once, on what the request used.
import type { BucketRule, Charge } from '../../../cluster/gossip/bucket-rule.ts'
import type { BucketState, SharedBuckets } from '../../../cluster/gossip/shared-buckets.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { LimitUnit } from '../../../shared/config/kinds/limits/spec.ts'
import type { Hold, Outcome } from '../accounting/outcome.ts'
import type { ErrorShape } from '../dialects/error-shapes.ts'
import type { HeaderLines } from '../http/http.ts'
import { type HeaderUnit, headerUnit, type LimitState, type LimitStates, limitHeaders } from './limit-headers.ts'
import type { OutputLengths } from './output-lengths.ts'

export interface Reservation {
  readonly charge: Charge
  readonly unit: LimitUnit
  readonly amount: number
  readonly rule: BucketRule
  /** Milliseconds since the epoch; undefined for limits that roll. */
  readonly windowEndMs: number | undefined
}

export interface LimitHoldTools {
  readonly buckets: SharedBuckets
  readonly lengths: OutputLengths
  readonly clock: Clock
  readonly shape: ErrorShape
}

export class LimitHold implements Hold {
  readonly #reservations: readonly Reservation[]
  readonly #tools: LimitHoldTools

  constructor(reservations: readonly Reservation[], tools: LimitHoldTools) {
    this.#reservations = reservations
    this.#tools = tools
  }

  settle(outcome: Outcome): void {
    const { buckets, lengths, clock } = this.#tools
    const nowMs = clock.monotonicMs()
    for (const { charge, unit, amount } of this.#reservations) {
      const difference = usedOf(unit, outcome, amount) - amount
      if (difference !== 0) buckets.adjust(charge, difference, nowMs)
    }
    if (outcome.status === 'ok' && outcome.tokens.output > 0) lengths.learn(outcome.model, outcome.tokens.output)
  }

  use(outcome: Outcome): void {
    const { buckets, clock } = this.#tools
    const nowMs = clock.monotonicMs()
    for (const { charge, unit } of this.#reservations) {
      if (unit !== 'requests' && unit !== 'repeats' && unit !== 'concurrency')
        buckets.adjust(charge, usedOf(unit, outcome, 0), nowMs)
    }
  }

  /** The state of the tightest limit of each unit. */
  headers(): HeaderLines {
    const { clock, shape } = this.#tools
    return limitHeaders(tightestStates(this.#reservations, this.#tools), shape, clock.wallMs())
  }
}

/** The state of the tightest limit of each unit. */
export function tightestStates(
  reservations: readonly Reservation[],
  { buckets, clock }: Pick<LimitHoldTools, 'buckets' | 'clock'>,
): LimitStates {
  const tightest: Partial<Record<HeaderUnit, LimitState>> = {}
  for (const { charge, unit, rule, windowEndMs } of reservations) {
    const named = headerUnit(unit)
    const state = named === undefined ? undefined : buckets.stateOf(charge, clock.monotonicMs())
    if (named === undefined || state === undefined) continue
    if (state.remaining >= (tightest[named]?.remaining ?? Number.POSITIVE_INFINITY)) continue
    tightest[named] = limitState(
      state,
      rule.capacity,
      windowEndMs === undefined ? undefined : windowEndMs - clock.wallMs(),
    )
  }
  return tightest
}

/** `windowLeftMs` is undefined for limits that roll. A window may have ended while the answer was on its way. */
export function limitState({ remaining, fullInMs }: BucketState, limit: number, windowLeftMs?: number): LimitState {
  return { limit, remaining, fullInMs: windowLeftMs === undefined ? fullInMs : Math.max(0, windowLeftMs) }
}

/** Above what an upstream can have answered: it is not believed more. */
const usedMax = 1e15

/** What a request used of a unit. An upstream may say anything. */
function usedOf(unit: LimitUnit, outcome: Outcome, reserved: number): number {
  const used = toldUse(unit, outcome, reserved)
  return Number.isNaN(used) ? reserved : Math.min(usedMax, Math.max(0, used))
}

function toldUse(unit: LimitUnit, outcome: Outcome, reserved: number): number {
  const { tokens, attemptCount, costNanoUsd } = outcome
  switch (unit) {
    case 'concurrency':
      return 0
    case 'requests':
    case 'repeats':
      // What no attempt was made for was not served.
      return attemptCount === 0 && outcome.status !== 'ok' ? 0 : 1
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
