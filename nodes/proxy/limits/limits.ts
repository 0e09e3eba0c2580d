// The policy of limits: every limit that counts a request must have room for it. What a request may use is reserved before it is
// sent, and settled on what it used.
import { hash } from 'node:crypto'
import type { Charge, Shortage } from '../../../cluster/gossip/bucket-rule.ts'
import type { ChargeRequest } from '../../../cluster/gossip/charge-request.ts'
import type { Gossip } from '../../../cluster/gossip/gossip.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { LimitUnit } from '../../../shared/config/kinds/limits/spec.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { HeaderLines } from '../http/http.ts'
import type { EntryDecision, Policy, PolicyDecision } from '../policies/policy.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { InferenceRequest } from '../request/inference-request.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { headerUnit, limitHeaders } from './limit-headers.ts'
import { LimitHold, limitState, type Reservation, tightestStates } from './limit-hold.ts'
import { LimitTable, type SubjectBuckets } from './limit-table.ts'
import { OutputLengths } from './output-lengths.ts'
import { type ReservedAmounts, reservedAmounts } from './reserved-amounts.ts'

export interface LimitsOptions {
  readonly gossip: Gossip
  readonly clock: Clock
  /** Names the buckets: the same on every node. */
  readonly hashKey: Uint8Array
}

/** The part of a bucket that an estimate may reserve at most, so that a small limit lets anything through at all. */
const reservedPartMax = 0.9

export class Limits implements Policy {
  readonly name = 'limits'
  readonly #gossip: Gossip
  readonly #clock: Clock
  readonly #hashKey: Uint8Array
  readonly #tables = new WeakMap<Snapshot['limits'], LimitTable>()
  readonly #lengths = new OutputLengths()
  readonly #exceeded = new Map<string, number>()

  constructor({ gossip, clock, hashKey }: LimitsOptions) {
    this.#gossip = gossip
    this.#hashKey = hashKey
    this.#clock = clock
  }

  /** Requests beyond a limit, by `name mode`: those that were rejected (`enforce`) and those that were let through (`report`). */
  get exceeded(): ReadonlyMap<string, number> {
    return this.#exceeded
  }

  governs({ snapshot, caller }: AuthenticatedRequest): boolean {
    return snapshot.limits.size > 0 && this.#tableOf(snapshot).of(caller).length > 0
  }

  decide(request: AuthenticatedRequest, asked: InferenceRequest): PolicyDecision | Promise<PolicyDecision> {
    const amounts = reservedAmounts(request, asked, this.#lengths)
    const decision = this.#reserve(this.#asking(request, asked.facts.model, amounts))
    if (decision instanceof Promise) return decision.then((late) => withRequest(late, asked))
    return withRequest(decision, asked)
  }

  /** What a request that is no inference uses is not known before; a realtime session is charged for each of its responses. */
  enter(request: AuthenticatedRequest, model: string): EntryDecision | Promise<EntryDecision> {
    return this.#reserve(this.#asking(request, model, nothing))
  }

  #asking(request: AuthenticatedRequest, model: string, amounts: ReservedAmounts): Asking {
    return { request, model, amounts, limits: this.#tableOf(request.snapshot).of(request.caller), reservations: [] }
  }

  /** The compiled limits of a snapshot. Those of an older one are in use as long as a request began with it. */
  #tableOf({ limits }: Snapshot): LimitTable {
    const known = this.#tables.get(limits)
    if (known !== undefined) return known
    const made = new LimitTable(limits, this.#hashKey)
    this.#tables.set(limits, made)
    return made
  }

  /** Reserves at every limit. What was reserved before something throws is nobody's, and given back. */
  #reserve(asking: Asking): EntryDecision | Promise<EntryDecision> {
    const abandon = (error: unknown): never => {
      this.#giveBack(asking)
      throw error
    }
    try {
      const decision = this.#reserveFrom(asking, 0)
      return decision instanceof Promise ? decision.catch(abandon) : decision
    } catch (error) {
      return abandon(error)
    }
  }

  /** Reserves at one limit after the other, from `first` on. */
  #reserveFrom(asking: Asking, first: number): EntryDecision | Promise<EntryDecision> {
    const { limits } = asking
    for (let index = first; index < limits.length; index++) {
      const buckets = limits[index]
      if (buckets === undefined) continue
      const planned = this.#plan(asking, buckets)
      if (planned === undefined) continue
      const taken = this.#gossip.charge(planned.charge)
      if (taken instanceof Promise)
        return taken.then((late) => this.#taken(asking, planned, late) ?? this.#reserveFrom(asking, index + 1))
      const rejection = this.#taken(asking, planned, taken)
      if (rejection !== undefined) return rejection
    }
    return this.#proceed(asking)
  }

  /** What is to be taken of a limit's bucket; undefined where the limit does not count the request. */
  #plan(asking: Asking, buckets: SubjectBuckets): Planned | undefined {
    const { request, model, amounts } = asking
    const { limit } = buckets
    if (model === '' && isOfInference(limit.unit)) return undefined
    if (limit.unit === 'repeats' && request.body.bytes.length === 0) return undefined
    if (!limit.countsModel(model, request.snapshot)) return undefined
    const subject = limit.subjectOf(request, model)
    if (subject === '') return undefined
    const { key, rule } = limit.unit === 'repeats' ? buckets.ofRepeated(subject, digestOf(asking)) : buckets.of(subject)
    const wallMs = this.#clock.wallMs()
    const window = limit.windowAt(wallMs)
    const windowLeftMs = window === undefined ? undefined : window.endMs - wallMs
    const amount = amountOf(limit.unit, amounts, rule.capacity)
    const charge = { key, rule, amount, window: window?.number ?? 0, windowLeftMs }
    return { buckets, subject, windowEndMs: window?.endMs, charge }
  }

  /** Notes what was taken, or answers the rejection of the request. */
  #taken(asking: Asking, planned: Planned, taken: Charge | Shortage): EntryDecision | undefined {
    const { limit } = planned.buckets
    if ('slot' in taken) {
      const { amount } = planned.charge
      asking.reservations.push({
        charge: taken,
        unit: limit.unit,
        amount,
        rule: planned.charge.rule,
        windowEndMs: planned.windowEndMs,
      })
      return undefined
    }
    this.#count(`${limit.name} ${limit.isEnforced ? 'enforce' : 'report'}`)
    if (!limit.isEnforced) return undefined
    this.#giveBack(asking)
    return { type: 'reject', error: this.#error(planned, taken, this.#rejectionHeaders(asking, planned)) }
  }

  #count(name: string): void {
    this.#exceeded.set(name, (this.#exceeded.get(name) ?? 0) + 1)
  }

  #giveBack({ reservations }: Asking): void {
    const nowMs = this.#clock.monotonicMs()
    for (const { charge, amount } of reservations) this.#gossip.node.buckets.adjust(charge, -amount, nowMs)
  }

  /** The limits that had room are told too. */
  #rejectionHeaders({ request, reservations }: Asking, { buckets: { limit }, charge }: Planned): HeaderLines {
    const { buckets } = this.#gossip.node
    const nowMs = this.#clock.monotonicMs()
    const states = tightestStates(reservations, { buckets, clock: this.#clock })
    const unit = headerUnit(limit.unit)
    const { key, rule, window, windowLeftMs } = charge
    const state = buckets.look(buckets.slotOf(key, rule, nowMs), { nowMs, window, windowLeftMs })
    const all = unit === undefined ? states : { ...states, [unit]: limitState(state, rule.capacity, windowLeftMs) }
    return limitHeaders(all, request.operation.errors, this.#clock.wallMs())
  }

  #error({ buckets, subject, charge }: Planned, shortage: Shortage, headers: HeaderLines): GatewayError {
    const { limit } = buckets
    const waitMs = waitOf(shortage, charge.windowLeftMs)
    return {
      type: 'rate-limited',
      limit: limit.name,
      per: limit.per,
      subject: limit.per === 'key' || limit.per === 'session' || limit.per === 'org' ? '' : subject,
      unit: limit.unit,
      amount: charge.rule.capacity,
      window: limit.window,
      retryAfterMs: shortage.type === 'too-large' ? undefined : Math.max(1, waitMs),
      headers,
    }
  }

  #proceed({ request, reservations }: Asking): EntryDecision {
    if (reservations.length === 0) return { type: 'proceed' }
    const { buckets } = this.#gossip.node
    const tools = { buckets, lengths: this.#lengths, clock: this.#clock, shape: request.operation.errors }
    return { type: 'proceed', hold: new LimitHold(reservations, tools) }
  }
}

interface Asking {
  readonly request: AuthenticatedRequest
  /** '' for a request that names none. */
  readonly model: string
  readonly amounts: ReservedAmounts
  readonly limits: readonly SubjectBuckets[]
  readonly reservations: Reservation[]
  /** The digest of the body, where a limit has asked for it: a body may be large, and limits many. */
  digest?: string
}

function digestOf(asking: Asking): string {
  asking.digest ??= hash('sha256', asking.request.body.bytes, 'base64url')
  return asking.digest
}

interface Planned {
  readonly buckets: SubjectBuckets
  readonly subject: string
  /** Milliseconds since the epoch; undefined for limits that roll. */
  readonly windowEndMs: number | undefined
  readonly charge: ChargeRequest
}

const nothing: ReservedAmounts = { input: 0, output: 0, nanoUsd: 0 }

function withRequest(decision: EntryDecision, asked: InferenceRequest): PolicyDecision {
  if (decision.type === 'reject') return decision
  const { hold } = decision
  return hold === undefined ? { type: 'proceed', asked } : { type: 'proceed', asked, hold }
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
