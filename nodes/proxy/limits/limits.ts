// The policy of limits: every limit that counts a request must have room for it. What a request may use is reserved before it is
// sent, and settled on what it used.

import type { Gossip } from '../../../cluster/gossip/gossip.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import { RecentMap } from '../../../shared/recent-map.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { EntryDecision, Policy, PolicyDecision } from '../policies/policy.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { InferenceRequest } from '../request/inference-request.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { AttemptLimits } from './attempt-limits.ts'
import { LimitHold, type LimitHoldTools } from './limit-hold.ts'
import { type CallerLimits, LimitTable } from './limit-table.ts'
import { LimitTaker, type Taken } from './limit-taker.ts'
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
  readonly #gossip: Gossip
  readonly #clock: Clock
  readonly #hashKey: Uint8Array
  readonly #taker: LimitTaker
  readonly #tables = new RecentMap<Snapshot['limits'], LimitTable>()
  readonly #lengths = new OutputLengths()
  /** When sessions began; shared with the other proxies by `shareStarts`. */
  readonly starts = new SessionStarts()
  readonly #wallTimes: WallTimes

  constructor({ gossip, clock, hashKey }: LimitsOptions) {
    this.#gossip = gossip
    this.#hashKey = hashKey
    this.#clock = clock
    this.#taker = new LimitTaker({ gossip, clock })
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
    const amounts = reservedAmounts(request, asked, this.#lengths)
    const { model, body } = asked.facts
    const scan = body.type === 'json' ? body.scan : undefined
    const decision = this.#reserve({ request, model, amounts, scan })
    if (decision instanceof Promise) return decision.then((late) => withRequest(late, asked))
    return withRequest(decision, asked)
  }

  /** What a request that is no inference uses is not known before; a realtime session is charged for each of its responses. */
  enter(request: AuthenticatedRequest, model: string): EntryDecision | Promise<EntryDecision> {
    return this.#reserve({ request, model, amounts: nothing })
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

  #reserve(asked: Asked): EntryDecision | Promise<EntryDecision> {
    const { request, model, amounts, scan } = asked
    const limits = this.#tableOf(request.snapshot).of(request.caller)
    const over = limits.wallTimes.length === 0 ? undefined : this.#wallTimes.enter(request, asked, limits.wallTimes)
    if (over !== undefined) return { type: 'reject', error: over }
    const taken = this.#taker.take({ request, model, amounts, scan, target: undefined, limits: limits.ofRequests })
    if (taken instanceof Promise) return taken.then((late) => this.#decision(late, asked, limits))
    return this.#decision(taken, asked, limits)
  }

  #decision(taken: Taken, asked: Asked, { ofAttempts }: CallerLimits): EntryDecision {
    if ('type' in taken) return { type: 'reject', error: taken }
    if (taken.length === 0 && ofAttempts.length === 0) return { type: 'proceed' }
    const { request, model, amounts, scan } = asked
    const { buckets } = this.#gossip.node
    const tools: LimitHoldTools = {
      buckets,
      taker: this.#taker,
      lengths: this.#lengths,
      clock: this.#clock,
      shape: request.operation.errors,
      input: amounts.input,
    }
    const counted = { request, model, amounts, scan, limits: ofAttempts }
    const gate = ofAttempts.length === 0 ? undefined : new AttemptLimits(counted, tools)
    return { type: 'proceed', hold: new LimitHold(taken, tools, gate) }
  }
}

interface Asked {
  readonly request: AuthenticatedRequest
  /** '' for a request that names none. */
  readonly model: string
  readonly amounts: ReservedAmounts
  readonly scan?: BodyScan | undefined
}

const nothing: ReservedAmounts = { input: 0, output: 0, nanoUsd: 0 }

function withRequest(decision: EntryDecision, asked: InferenceRequest): PolicyDecision {
  if (decision.type === 'reject') return decision
  const { hold } = decision
  return hold === undefined ? { type: 'proceed', asked } : { type: 'proceed', asked, hold }
}
