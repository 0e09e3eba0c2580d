// The policy of limits: every limit that counts a request must have room for it. What a request may use is reserved before it is
// sent, and settled on what it used.

import type { Gossip } from '../../../cluster/gossip/gossip.ts'
import type { Clock } from '../../../shared/clock.ts'
import { RecentMap } from '../../../shared/recent-map.ts'
import type { GatewayError, RateLimitedError } from '../errors/gateway-error.ts'
import type { EntryDecision, Policy, PolicyDecision, Spent } from '../policies/policy.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { InferenceRequest } from '../request/inference-request.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { AttemptLimits } from './attempt-limits.ts'
import { LimitHold, type LimitHoldTools } from './limit-hold.ts'
import { type CallerLimits, LimitTable } from './limit-table.ts'
import { type Counted, LimitTaker, type Taken } from './limit-taker.ts'
import { OutputLengths } from './output-lengths.ts'
import { type ReservedAmounts, reservedAmounts } from './reserved-amounts.ts'
import { SessionStarts } from './wall-time/session-starts.ts'
import { WallTimes } from './wall-time/wall-times.ts'

export interface LimitsOptions {
  readonly gossip: Gossip
  readonly clock: Clock
  /** Names the buckets: the same on every node. */
  readonly hashKey: Uint8Array
}

export class Limits implements Policy {
  readonly name = 'limits'
  readonly #tools: LimitHoldTools
  readonly #hashKey: Uint8Array
  readonly #taker: LimitTaker
  readonly #tables = new RecentMap<Snapshot['limits'], LimitTable>()
  readonly #lengths = new OutputLengths()
  /** When sessions began; shared with the other proxies by `shareStarts`. */
  readonly starts = new SessionStarts()
  readonly #wallTimes: WallTimes

  constructor({ gossip, clock, hashKey }: LimitsOptions) {
    this.#hashKey = hashKey
    this.#taker = new LimitTaker({ gossip, clock })
    this.#tools = { buckets: gossip.node.buckets, taker: this.#taker, lengths: this.#lengths, clock }
    const count = this.#taker.countOver.bind(this.#taker)
    this.#wallTimes = new WallTimes({ starts: this.starts, clock, count })
  }

  /** Requests and attempts beyond a limit, by `name mode`: those that were rejected (`enforce`), those that were let through
   *  (`report`), and streams that were ended (`cut`). */
  get exceeded(): ReadonlyMap<string, number> {
    return this.#taker.exceeded
  }

  governs({ snapshot, caller }: AuthenticatedRequest): boolean {
    if (snapshot.limits.size === 0) return false
    const { ofRequests, ofAttempts, wallTimes } = this.#tableOf(snapshot).of(caller)
    return ofRequests.length + ofAttempts.length + wallTimes.length > 0
  }

  decide(request: AuthenticatedRequest, asked: InferenceRequest): PolicyDecision | Promise<PolicyDecision> {
    const { model, body } = asked.facts
    const limits = this.#tableOf(request.snapshot).of(request.caller)
    const amounts = reservedAmounts(request, asked, this.#lengths)
    const scan = body.type === 'json' ? body.scan : undefined
    const counted = { request, model, target: undefined, amounts, scan, limits: limits.ofRequests }
    const held = this.#hold(counted, limits)
    return held instanceof Promise ? held.then((late) => decision(late, asked)) : decision(held, asked)
  }

  /** What a request that is no inference uses is not known before; a realtime session is charged for each of its responses. */
  enter(request: AuthenticatedRequest, model: string): EntryDecision | Promise<EntryDecision> {
    const limits = this.#tableOf(request.snapshot).of(request.caller)
    const counted = { request, model, target: undefined, amounts: nothing, limits: limits.ofRequests }
    const held = this.#hold(counted, limits)
    return held instanceof Promise ? held.then(entryDecision) : entryDecision(held)
  }

  /** Limits of cost count it. Limits of tokens do not: providers limit batches apart, and a whole one at once would close them. */
  charge(request: AuthenticatedRequest, { model, target, nanoUsd }: Spent): void {
    const { ofRequests, ofAttempts } = this.#tableOf(request.snapshot).of(request.caller)
    const counted = { request, model, amounts: nothing }
    this.#taker.spend({ ...counted, target: undefined, limits: ofRequests }, nanoUsd)
    this.#taker.spend({ ...counted, target, limits: ofAttempts }, nanoUsd)
  }

  /** The error that ends an open request, because its session has no time left. */
  endOf(request: object): GatewayError | undefined {
    return this.#wallTimes.endOf(request)
  }

  /** The compiled limits of a snapshot. Those of an older one are in use as long as a request began with it. */
  #tableOf({ limits }: Snapshot): LimitTable {
    const known = this.#tables.get(limits)
    if (known !== undefined) return known
    const made = new LimitTable(limits, this.#hashKey)
    this.#tables.set(limits, made)
    return made
  }

  #hold(counted: Counted, limits: CallerLimits): Held | Promise<Held> {
    const { wallTimes } = limits
    const over = wallTimes.length === 0 ? undefined : this.#wallTimes.enter(counted.request, counted, wallTimes)
    if (over !== undefined) return over
    const taken = this.#taker.take(counted)
    if (taken instanceof Promise) return taken.then((late) => this.#held(late, counted, limits))
    return this.#held(taken, counted, limits)
  }

  #held(taken: Taken, counted: Counted, { ofAttempts }: CallerLimits): Held {
    if ('type' in taken) return taken
    if (taken.length === 0 && ofAttempts.length === 0) return undefined
    const { request, amounts } = counted
    const tools = this.#tools
    const gate = ofAttempts.length === 0 ? undefined : new AttemptLimits({ ...counted, limits: ofAttempts }, tools)
    return new LimitHold(taken, tools, { gate, shape: request.operation.errors, input: amounts.input })
  }
}

/** What is reserved for a request; undefined where no limit counts it. */
type Held = LimitHold | RateLimitedError | undefined

const nothing: ReservedAmounts = { input: 0, output: 0, nanoUsd: 0 }

function decision(held: Held, asked: InferenceRequest): PolicyDecision {
  if (held === undefined) return { type: 'proceed', asked }
  return 'type' in held ? { type: 'reject', error: held } : { type: 'proceed', asked, hold: held }
}

function entryDecision(held: Held): EntryDecision {
  if (held === undefined) return { type: 'proceed' }
  return 'type' in held ? { type: 'reject', error: held } : { type: 'proceed', hold: held }
}
