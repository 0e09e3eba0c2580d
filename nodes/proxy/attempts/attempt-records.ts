// The use of targets by the attempts of one request: what is in flight, what was reserved, how long it took, and the records.
import type { AttemptOutcome, AttemptRecord } from '../../../shared/telemetry/records.ts'
import { settledAttempt } from '../accounting/attempt-end.ts'
import type { Intent } from '../accounting/intents/intent.ts'
import type { AttemptHold } from '../accounting/outcome.ts'
import { recordOfAttempt } from '../accounting/request-records.ts'
import type { Used } from '../accounting/usage-meter.ts'
import type { Target } from '../providers/endpoint.ts'
import { judgeTarget } from '../providers/judge-target.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { PlannedAttempt } from '../routing/attempt-plan.ts'
import { isRetry } from '../routing/retry-budget.ts'
import { Unarmed } from '../routing/timer-wheel.ts'
import type { AttemptTools, RunningAttempt } from './running-attempt.ts'
import type { QuotaSettlement } from './waits/quota-pass.ts'

export interface AttemptEnded {
  /** Undefined when nothing is known of what was used. */
  readonly used: Used | undefined
  readonly nowMs: number
  readonly said?: string | undefined
  /** The target stays in use, and what is reserved there is settled with the request. */
  readonly goesOn?: boolean
}

const noAttempts: readonly AttemptRecord[] = []
const noIntents: readonly Intent[] = []

export class AttemptRecords extends Unarmed {
  attemptCount = 0
  upstreamMs = 0
  protected readonly tools: AttemptTools
  protected readonly request: AuthenticatedRequest
  /** Whether a limit had no room for an attempt at another target since the last attempt. */
  protected isPassedOver = false
  /** What attempts take of the quotas of providers; made at the first target with one. */
  protected quota: QuotaSettlement | undefined
  readonly #stream: boolean
  #records: AttemptRecord[] | undefined
  #intents: Intent[] | undefined
  /** What the running attempt has reserved at its target. */
  #reserved: AttemptHold | undefined
  #inFlight = false
  /** The wait for quotas since the last attempt, in milliseconds. */
  #queuedMs = 0

  constructor(tools: AttemptTools, request: AuthenticatedRequest, stream: boolean) {
    super()
    this.tools = tools
    this.request = request
    this.#stream = stream
  }

  get attempts(): readonly AttemptRecord[] {
    return this.#records ?? noAttempts
  }

  /** What stands for the records until they are safe; undefined where nothing does. */
  get intents(): readonly Intent[] | undefined {
    return this.#intents
  }

  protected get isInFlight(): boolean {
    return this.#inFlight
  }

  /** Begins the use of a target. */
  protected occupy(planned: PlannedAttempt<Target>, reserved: AttemptHold | undefined): void {
    this.#reserved = reserved
    this.#inFlight = true
    planned.target.health.inFlight++
    if (!isRetry(planned, this.#records)) planned.target.retryBudget.request(this.request.caller.keyId)
  }

  /** Ends the use of the target. `healthy` is undefined when the caller left, which says nothing about the target. */
  protected leave(attempt: RunningAttempt, healthy: boolean | undefined): void {
    if (!this.#inFlight) return
    this.#inFlight = false
    const { health } = attempt.planned.target
    health.inFlight--
    judgeTarget(attempt, { owner: this.request.caller.owner, healthy })
  }

  protected waited(attempt: RunningAttempt, nowMs: number): void {
    this.upstreamMs += nowMs - attempt.startedMs
  }

  /** A wait for a quota counts as time of the upstream. */
  protected queued(ms: number): void {
    this.upstreamMs += ms
    this.#queuedMs += ms
  }

  /** Records an attempt that has ended, and settles what it has reserved. */
  protected record(
    attempt: RunningAttempt,
    outcome: AttemptOutcome,
    { used, nowMs, said, goesOn }: AttemptEnded,
  ): void {
    const { charge } = attempt
    const { isSent, isCharged, reservedNanoUsd } = charge
    const costBound = () => charge.bound()
    const settled = settledAttempt({ outcome, used, isSent, isCharged, reservedNanoUsd, costBound })
    const end = { ...settled, outcome, stream: this.#stream, upstreamText: said, endedMs: nowMs }
    const record = recordOfAttempt(this.request, attempt, end)
    if (this.isPassedOver) record.passedOver = true
    this.isPassedOver = false
    if (this.#queuedMs > 0) record.queuedUs = Math.round(this.#queuedMs * 1_000)
    this.#queuedMs = 0
    this.quota?.settle(attempt, { outcome, tokens: settled.tokens, nowMs })
    attempt.planned.latency?.learn(record, nowMs)
    this.#records ??= []
    this.#records.push(record)
    if (charge.intent !== undefined) this.#intents = [...(this.#intents ?? noIntents), charge.intent]
    if (this.#reserved === undefined || goesOn === true) return
    const { tokens, costNanoUsd, settlement } = settled
    this.#reserved.settle({ tokens, costNanoUsd: settlement === 'unpriced' ? undefined : costNanoUsd })
    this.#reserved = undefined
  }

  /** Journals how the last attempt has ended, since its request may go on for a while. */
  protected noteEnd(): void {
    const record = this.#records?.at(-1)
    const intent = this.#intents?.at(-1)
    if (intent === undefined || record?.index !== intent.facts.index) return
    intent.ended = record
    this.tools.intents?.update(intent)
  }
}
