// The use of targets by the attempts of one request: what is in flight, what was reserved, how long it took, and the records.
import type { AttemptOutcome, AttemptRecord } from '../../../shared/telemetry/records.ts'
import { noTokens } from '../accounting/attempt-cost.ts'
import type { AttemptHold, AttemptUse } from '../accounting/outcome.ts'
import { recordOfAttempt } from '../accounting/request-records.ts'
import type { Target } from '../providers/endpoint.ts'
import { judgeTarget } from '../providers/judge-target.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { PlannedAttempt } from '../routing/attempt-plan.ts'
import { isRetry } from '../routing/retry-budget.ts'
import type { AttemptTools, RunningAttempt } from './running-attempt.ts'

export interface AttemptEnded {
  /** Undefined when nothing was used. */
  readonly used: AttemptUse | undefined
  readonly nowMs: number
  readonly said?: string | undefined
  /** The target stays in use, and what is reserved there is settled with the request. */
  readonly goesOn?: boolean
}

const nothingUsed: AttemptUse = { tokens: noTokens, costNanoUsd: 0 }
const noAttempts: readonly AttemptRecord[] = []

export class AttemptRecords {
  attemptCount = 0
  upstreamMs = 0
  protected readonly tools: AttemptTools
  protected readonly request: AuthenticatedRequest
  /** Whether a limit had no room for an attempt at another target since the last attempt. */
  protected isPassedOver = false
  readonly #stream: boolean
  #records: AttemptRecord[] | undefined
  /** What the running attempt has reserved at its target. */
  #reserved: AttemptHold | undefined
  #inFlight = false

  constructor(tools: AttemptTools, request: AuthenticatedRequest, stream: boolean) {
    this.tools = tools
    this.request = request
    this.#stream = stream
  }

  get attempts(): readonly AttemptRecord[] {
    return this.#records ?? noAttempts
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

  /** Records an attempt that has ended, and settles what it has reserved. */
  protected record(
    attempt: RunningAttempt,
    outcome: AttemptOutcome,
    { used = nothingUsed, nowMs, said, goesOn }: AttemptEnded,
  ): void {
    const { tokens, costNanoUsd = 0 } = used
    const end = { outcome, tokens, costNanoUsd, stream: this.#stream, upstreamText: said, endedMs: nowMs }
    const record = recordOfAttempt(this.request, attempt, end)
    if (this.isPassedOver) record.passedOver = true
    this.isPassedOver = false
    attempt.planned.latency?.learn(record, nowMs)
    this.#records ??= []
    this.#records.push(record)
    if (this.#reserved === undefined || goesOn === true) return
    this.#reserved.settle(used)
    this.#reserved = undefined
  }
}
