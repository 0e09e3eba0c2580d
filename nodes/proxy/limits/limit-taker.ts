// Takes what a request or an attempt may use from every limit that counts it, or answers which limit has no room.

import { hash } from 'node:crypto'
import type { BucketRule, Charge, Shortage } from '../../../cluster/gossip/bucket-rule.ts'
import type { ChargeRequest } from '../../../cluster/gossip/charge-request.ts'
import type { Gossip } from '../../../cluster/gossip/gossip.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { LimitUnit } from '../../../shared/config/kinds/limits/spec.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import type { ExhaustedError, RateLimitedError } from '../errors/gateway-error.ts'
import { headersIn } from '../http/checked-lines.ts'
import type { HeaderLines } from '../http/http.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { CompiledLimit, CountedTarget } from './compiled-limit.ts'
import { headerUnit, limitLines } from './limit-headers.ts'
import type { Bucket, CallerLimit } from './limit-table.ts'
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
  readonly limits: readonly CallerLimit[]
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
    const taking = { counted, reservations: [], nowMs: this.#clock.monotonicMs() }
    try {
      const taken = this.#takeFrom(taking, 0)
      return taken instanceof Promise ? taken.catch((error) => this.#abandon(taking, error)) : taken
    } catch (error) {
      return this.#abandon(taking, error)
    }
  }

  #abandon({ reservations }: Taking, error: unknown): never {
    this.giveBack(reservations)
    throw error
  }

  /** Charges limits of cost with what was spent, whether they have room or not. */
  spend(counted: Counted, nanoUsd: number): void {
    const { buckets } = this.#gossip.node
    const nowMs = this.#clock.monotonicMs()
    for (const limit of counted.limits) {
      if (limit.limit.unit !== 'usd') continue
      const planned = this.#plan({ counted, reservations: [], nowMs }, limit)
      if (planned === undefined) continue
      const { key, rule, slot, window, windowLeftMs } = planned
      const charge = buckets.takenElsewhere(buckets.slotOf(key, rule, nowMs, slot), { nowMs, window, windowLeftMs })
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
      const limit = limits[index]
      if (limit === undefined) continue
      const planned = this.#plan(taking, limit)
      if (planned === undefined) continue
      const taken = this.#gossip.charge(planned)
      if (taken instanceof Promise) return taken.then((late) => this.#takenLate(taking, planned, { late, index }))
      const error = this.#taken(taking, planned, taken)
      if (error !== undefined) return error
    }
    return taking.reservations
  }

  #takenLate(
    taking: Taking,
    planned: Planned,
    { late, index }: { late: Charge | Shortage; index: number },
  ): Taken | Promise<Taken> {
    taking.nowMs = this.#clock.monotonicMs()
    return this.#taken(taking, planned, late) ?? this.#takeFrom(taking, index + 1)
  }

  /** What is to be taken of a limit's bucket; undefined where the limit does not count the request. */
  #plan(taking: Taking, { limit, buckets, own }: CallerLimit): Planned | undefined {
    const { counted } = taking
    const { request, model, target } = counted
    if (model === '' && isOfInference(limit.unit)) return undefined
    if (limit.unit === 'repeats' && request.body.bytes.length === 0) return undefined
    if (!limit.countsModel(model, request.snapshot)) return undefined
    if (target !== undefined && !limit.countsTarget(target)) return undefined
    if (own !== undefined) return this.#planned(taking, limit, own)
    const subject = limit.subjectOf(request, counted)
    if (subject === '') return undefined
    const bucket = limit.unit === 'repeats' ? buckets.ofRepeated(subject, digestOf(taking)) : buckets.of(subject)
    return this.#planned(taking, limit, { subject, bucket })
  }

  #planned(
    { counted, nowMs }: Taking,
    limit: CompiledLimit,
    { subject, bucket }: { readonly subject: string; readonly bucket: Bucket },
  ): Planned {
    const { key, rule, slot } = bucket
    const wallMs = limit.hasWindows ? this.#clock.wallMs() : 0
    const window = limit.windowAt(wallMs)
    return {
      limit,
      subject,
      bucket,
      key,
      rule,
      slot,
      nowMs,
      amount: amountOf(limit.unit, counted.amounts, rule.capacity),
      window: window?.number ?? 0,
      windowLeftMs: window === undefined ? undefined : window.endMs - wallMs,
      windowEndMs: window?.endMs,
      charge: untaken,
    }
  }

  /** Notes what was taken, or answers the error of a limit without room. */
  #taken(taking: Taking, planned: Planned, taken: Charge | Shortage): RateLimitedError | undefined {
    const { limit } = planned
    if ('slot' in taken) {
      planned.bucket.slot = taken.slot
      planned.charge = taken
      taking.reservations.push(planned)
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
  #rejectionHeaders({ counted, reservations }: Taking, planned: Planned): HeaderLines {
    const { buckets } = this.#gossip.node
    const nowMs = this.#clock.monotonicMs()
    const states = tightestStates(reservations, { buckets, clock: this.#clock })
    const { limit, key, rule, window, windowLeftMs } = planned
    const unit = headerUnit(limit.unit)
    const state = buckets.look(buckets.slotOf(key, rule, nowMs), { nowMs, window, windowLeftMs })
    const all = unit === undefined ? states : { ...states, [unit]: limitState(state, rule.capacity, windowLeftMs) }
    return headersIn(limitLines(all, counted.request.operation.errors, this.#clock))
  }
}

interface Taking {
  readonly counted: Counted
  readonly reservations: Reservation[]
  /** Now, on the monotonic clock. */
  nowMs: number
  /** The digest of the body, where a limit has asked for it: a body may be large, and limits many. */
  digest?: string
}

/** What is asked of a bucket, and then the reservation there: one object, because every request makes one for each of its limits. */
interface Planned extends ChargeRequest, Reservation {
  readonly limit: CompiledLimit
  readonly rule: BucketRule
  readonly subject: string
  readonly bucket: Bucket
  amount: number
  charge: Charge
}

const untaken: Charge = { slot: -1, generation: -1, window: 0 }

function digestOf(taking: Taking): string {
  taking.digest ??= hash('sha256', taking.counted.request.body.bytes, 'base64url')
  return taking.digest
}

function rateLimited(planned: Planned, shortage: Shortage, headers: HeaderLines) {
  const { limit, subject, rule, windowLeftMs } = planned
  const waitMs = waitOf(shortage, windowLeftMs)
  const error: RateLimitedError = {
    type: 'rate-limited',
    limit: limit.name,
    per: limit.per,
    subject: limit.toldSubject(subject),
    unit: limit.unit,
    amount: rule.capacity,
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

function amountOf(unit: LimitUnit, amounts: ReservedAmounts, capacity: number): number {
  if (unit === 'requests' || unit === 'repeats' || unit === 'concurrency') return 1
  return Math.min(estimateOf(unit, amounts), Math.floor(capacity * reservedPartMax))
}

function estimateOf(
  unit: Exclude<LimitUnit, 'requests' | 'repeats' | 'concurrency'>,
  { input, output, nanoUsd }: ReservedAmounts,
): number {
  switch (unit) {
    case 'inputTokens':
      return input
    case 'outputTokens':
      return output
    case 'tokens':
      return input + output
    case 'usd':
      return nanoUsd
  }
}
