// Takes what a request or an attempt may use from every limit that counts it, or answers which limit has no room.

import { hash } from 'node:crypto'
import type { Charge, Shortage } from '../../../cluster/gossip/bucket-rule.ts'
import type { ChargeRequest } from '../../../cluster/gossip/charge-request.ts'
import type { Gossip } from '../../../cluster/gossip/gossip.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { LimitUnit } from '../../../shared/config/kinds/limits/spec.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import type { ExhaustedError, RateLimitedError } from '../errors/gateway-error.ts'
import type { HeaderLines } from '../http/http.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { CompiledLimit, CountedTarget } from './compiled-limit.ts'
import { headerUnit, limitHeaders } from './limit-headers.ts'
import type { SubjectBuckets } from './limit-table.ts'
import { limitState, type Reservation, tightestStates } from './reservation.ts'
import type { ReservedAmounts } from './reserved-amounts.ts'

/** What is counted, and by which limits. */
export interface Counted {
  readonly request: AuthenticatedRequest
  /** '' for a request that names none. */
  readonly model: string
  /** The target of an attempt; undefined for a request, which may have several. */
  readonly target: CountedTarget | undefined
  readonly amounts: ReservedAmounts
  /** The body; undefined where there is none of JSON. */
  readonly scan?: BodyScan | undefined
  readonly limits: readonly SubjectBuckets[]
}

/** What was reserved, or the error of the limit that has no room. */
export type Taken = readonly Reservation[] | RateLimitedError

/** The part of a bucket that an estimate may reserve at most, so that a small limit lets anything through at all. */
const reservedPartMax = 0.9

export class LimitTaker {
  readonly #gossip: Gossip
  readonly #clock: Clock
  readonly #exceeded = new Map<string, number>()

  constructor({ gossip, clock }: { gossip: Gossip; clock: Clock }) {
    this.#gossip = gossip
    this.#clock = clock
  }

  /** What was beyond a limit, by `name mode`. */
  get exceeded(): ReadonlyMap<string, number> {
    return this.#exceeded
  }

  /** Reserves at every limit. What was reserved before something throws is nobody's, and given back. */
  take(counted: Counted): Taken | Promise<Taken> {
    const taking = { counted, reservations: [] }
    const abandon = (error: unknown): never => {
      this.giveBack(taking.reservations)
      throw error
    }
    try {
      const taken = this.#takeFrom(taking, 0)
      return taken instanceof Promise ? taken.catch(abandon) : taken
    } catch (error) {
      return abandon(error)
    }
  }

  /** Charges limits of cost with what was spent, whether they have room or not. */
  spend(counted: Counted, nanoUsd: number): void {
    const { buckets } = this.#gossip.node
    const nowMs = this.#clock.monotonicMs()
    for (const limit of counted.limits) {
      if (limit.limit.unit !== 'usd') continue
      const planned = this.#plan({ counted, reservations: [] }, limit)
      if (planned === undefined) continue
      const { key, rule, window, windowLeftMs } = planned.charge
      const charge = buckets.takenElsewhere(buckets.slotOf(key, rule, nowMs), { nowMs, window, windowLeftMs })
      buckets.adjust(charge, nanoUsd, nowMs)
    }
  }

  giveBack(reservations: readonly Reservation[]): void {
    const nowMs = this.#clock.monotonicMs()
    for (const { charge, amount } of reservations) this.#gossip.node.buckets.adjust(charge, -amount, nowMs)
  }

  /** Takes from one limit after the other, from `first` on. */
  #takeFrom(taking: Taking, first: number): Taken | Promise<Taken> {
    const { limits } = taking.counted
    for (let index = first; index < limits.length; index++) {
      const buckets = limits[index]
      if (buckets === undefined) continue
      const planned = this.#plan(taking, buckets)
      if (planned === undefined) continue
      const taken = this.#gossip.charge(planned.charge)
      if (taken instanceof Promise)
        return taken.then((late) => this.#taken(taking, planned, late) ?? this.#takeFrom(taking, index + 1))
      const error = this.#taken(taking, planned, taken)
      if (error !== undefined) return error
    }
    return taking.reservations
  }

  /** What is to be taken of a limit's bucket; undefined where the limit does not count the request. */
  #plan(taking: Taking, buckets: SubjectBuckets): Planned | undefined {
    const { counted } = taking
    const { request, model, target, amounts } = counted
    const { limit } = buckets
    if (model === '' && isOfInference(limit.unit)) return undefined
    if (limit.unit === 'repeats' && request.body.bytes.length === 0) return undefined
    if (!limit.countsModel(model, request.snapshot)) return undefined
    if (target !== undefined && !limit.countsTarget(target)) return undefined
    const subject = limit.subjectOf(request, counted)
    if (subject === '') return undefined
    const { key, rule } = limit.unit === 'repeats' ? buckets.ofRepeated(subject, digestOf(taking)) : buckets.of(subject)
    const wallMs = this.#clock.wallMs()
    const window = limit.windowAt(wallMs)
    const windowLeftMs = window === undefined ? undefined : window.endMs - wallMs
    const amount = amountOf(limit.unit, amounts, rule.capacity)
    const charge = { key, rule, amount, window: window?.number ?? 0, windowLeftMs }
    return { buckets, subject, windowEndMs: window?.endMs, charge }
  }

  /** Notes what was taken, or answers the error of a limit without room. */
  #taken(taking: Taking, planned: Planned, taken: Charge | Shortage): RateLimitedError | undefined {
    const { limit } = planned.buckets
    if ('slot' in taken) {
      const { amount, rule } = planned.charge
      taking.reservations.push({ charge: taken, limit, amount, rule, windowEndMs: planned.windowEndMs })
      return undefined
    }
    this.#count(`${limit.name} ${limit.isEnforced ? 'enforce' : 'report'}`)
    if (!limit.isEnforced) return undefined
    this.giveBack(taking.reservations)
    return rateLimited(planned, taken, this.#rejectionHeaders(taking, planned))
  }

  /** Counts a stream that a limit has cut. */
  countCut({ name }: ExhaustedError): void {
    this.#count(`${name} cut`)
  }

  /** Counts a request or a session that had no time left. */
  countOver({ name, isEnforced }: CompiledLimit, how: 'rejected' | 'cut'): void {
    this.#count(`${name} ${how === 'cut' ? 'cut' : isEnforced ? 'enforce' : 'report'}`)
  }

  #count(name: string): void {
    this.#exceeded.set(name, (this.#exceeded.get(name) ?? 0) + 1)
  }

  /** The limits that had room are told too. */
  #rejectionHeaders({ counted, reservations }: Taking, { buckets: { limit }, charge }: Planned): HeaderLines {
    const { buckets } = this.#gossip.node
    const nowMs = this.#clock.monotonicMs()
    const states = tightestStates(reservations, { buckets, clock: this.#clock })
    const unit = headerUnit(limit.unit)
    const { key, rule, window, windowLeftMs } = charge
    const state = buckets.look(buckets.slotOf(key, rule, nowMs), { nowMs, window, windowLeftMs })
    const all = unit === undefined ? states : { ...states, [unit]: limitState(state, rule.capacity, windowLeftMs) }
    return limitHeaders(all, counted.request.operation.errors, this.#clock.wallMs())
  }
}

interface Taking {
  readonly counted: Counted
  readonly reservations: Reservation[]
  /** The digest of the body, where a limit has asked for it: a body may be large, and limits many. */
  digest?: string
}

interface Planned {
  readonly buckets: SubjectBuckets
  readonly subject: string
  /** Milliseconds since the epoch; undefined for limits that roll. */
  readonly windowEndMs: number | undefined
  readonly charge: ChargeRequest
}

function digestOf(taking: Taking): string {
  taking.digest ??= hash('sha256', taking.counted.request.body.bytes, 'base64url')
  return taking.digest
}

function rateLimited({ buckets, subject, charge }: Planned, shortage: Shortage, headers: HeaderLines) {
  const { limit } = buckets
  const waitMs = waitOf(shortage, charge.windowLeftMs)
  const error: RateLimitedError = {
    type: 'rate-limited',
    limit: limit.name,
    per: limit.per,
    subject: limit.toldSubject(subject),
    unit: limit.unit,
    amount: charge.rule.capacity,
    window: limit.window,
    retryAfterMs: shortage.type === 'too-large' ? undefined : Math.max(1, waitMs),
    headers,
  }
  return error
}

/** Whether only requests for inference use any of the unit. */
function isOfInference(unit: LimitUnit): boolean {
  return unit !== 'requests' && unit !== 'concurrency'
}

/** The wait for a place among requests at the same time, which nobody knows. */
const placeWaitMs = 1_000

function waitOf(shortage: Shortage, windowLeftMs = placeWaitMs): number {
  return shortage.type === 'short' && shortage.waitMs > 0 ? shortage.waitMs : windowLeftMs
}

function amountOf(unit: LimitUnit, { input, output, nanoUsd }: ReservedAmounts, capacity: number): number {
  if (unit === 'requests' || unit === 'repeats' || unit === 'concurrency') return 1
  const amount = { inputTokens: input, outputTokens: output, tokens: input + output, usd: nanoUsd }[unit]
  return Math.min(amount, Math.floor(capacity * reservedPartMax))
}
