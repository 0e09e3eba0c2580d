// Attempts at the targets of one request, one after the other, until one of them answers or none is left. What an attempt does,
// an HTTP exchange or a handshake, is its subclass's business; which one comes next is decided in `routing/next-attempt.ts`.
import type { Result } from '../../../shared/result.ts'
import type { AttemptOutcome, AttemptRecord } from '../../../shared/telemetry/records.ts'
import type { Intent } from '../accounting/intents/intent.ts'
import type { Hold } from '../accounting/outcome.ts'
import { type GatewayError, type Ineligible, ineligibleError } from '../errors/gateway-error.ts'
import { failureAt, type UpstreamFailure } from '../errors/upstream-failure.ts'
import type { Target } from '../providers/endpoint.ts'
import { credentialRefused, judgeTarget } from '../providers/judge-target.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { AttemptPlan, PlannedAttempt } from '../routing/attempt-plan.ts'
import { nextAttempt, type RetryPlan } from '../routing/next-attempt.ts'
import { isRetry } from '../routing/retry-budget.ts'
import { TimedStep } from '../routing/timer-wheel.ts'
import { LateWait } from '../translators/late/late-wait.ts'
import type { Late, Made } from '../translators/translator.ts'
import { AttemptLog, type LoggedEnd } from './attempt-log.ts'
import { blamesRequest, FailedTargets } from './failed-targets.ts'
import type { AttemptProgress, AttemptTools, RunningAttempt } from './running-attempt.ts'
import { TimeLimits } from './time-limits.ts'

const waitedTooLong = { type: 'too-busy', retryAfterMs: 1_000 } as const

export abstract class AttemptLoop<Prepared, Running extends RunningAttempt>
  extends TimedStep
  implements AttemptProgress, RetryPlan<Target>
{
  attemptCount = 0
  upstreamMs = 0
  protected readonly tools: AttemptTools
  protected readonly request: AuthenticatedRequest
  protected readonly limits: TimeLimits
  readonly #plan: AttemptPlan<Target>
  readonly #log: AttemptLog
  readonly #holds: readonly Hold[] | undefined
  /** The attempt that is begun, or that comes after the pause. */
  #planned: PlannedAttempt<Target> | undefined
  #prepared: Prepared | undefined
  /** What is still to be prepared for the attempt that comes next. */
  #late: Late<Prepared> | undefined
  #wait: LateWait | undefined
  #lastFailed: { readonly attempt: Running; readonly error: GatewayError } | undefined
  /** Why the first target that was passed over could not take the request. */
  #ineligible: Ineligible | undefined
  /** The targets that failed; made at the first failure, which most requests never meet. */
  #failed: FailedTargets<Target> | undefined
  #inFlight = false
  /** Whether the budget of a provider was spent when another attempt there was due. */
  #isWithheld = false

  constructor(
    tools: AttemptTools,
    request: AuthenticatedRequest,
    { plan, stream, holds }: { plan: AttemptPlan<Target>; stream: boolean; holds?: readonly Hold[] | undefined },
  ) {
    super()
    this.tools = tools
    this.request = request
    this.limits = new TimeLimits(request, stream)
    this.#plan = plan
    this.#log = new AttemptLog(request, stream, tools.intents)
    this.#holds = holds
  }

  /** What a target would be sent, or why it cannot take the request. */
  protected abstract prepare(target: Target, strict: boolean): Result<Prepared, Ineligible>
  /** The same where it takes a while. Absent or undefined: `prepare` is called. */
  protected prepareLate?(target: Target, strict: boolean): Late<Prepared> | undefined
  /** Begins an attempt. It may fail before this returns. */
  protected abstract open(planned: PlannedAttempt<Target>, prepared: Prepared, index: number): void
  /** Ends the request, because no attempt follows; `last` is the one that failed. */
  protected abstract giveUp(error: GatewayError, last: Running | undefined): void
  protected abstract modelsThatCould(ineligible: Ineligible): readonly string[] | undefined
  /** Ends the request, because something of ours threw. */
  protected abstract onBug(error: unknown): void
  protected abstract readonly model: string

  get attempts(): readonly AttemptRecord[] {
    return this.#log.records
  }

  get intents(): readonly Intent[] | undefined {
    return this.#log.intents
  }

  get fallbackIndex(): number {
    return this.#planned?.fallbackIndex ?? 0
  }

  get target(): Target | undefined {
    return this.#planned?.target
  }

  protected get isPausing(): boolean {
    return this.deadlineSlot >= 0
  }

  protected get isInFlight(): boolean {
    return this.#inFlight
  }

  start(): void {
    const planned = this.next()
    if (planned === undefined) this.giveUp(this.#noTarget(), undefined)
    else this.#begin(planned)
  }

  // ── the plan ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The next attempt whose target can take the request; targets that cannot cost no attempt. */
  next(): PlannedAttempt<Target> | undefined {
    for (;;) {
      const planned = this.#plan.next()
      if (planned === undefined || this.#isPrepared(planned)) return planned
    }
  }

  /** Prepares the request for the target of an attempt. False: the target cannot take it, and is passed over. */
  #isPrepared(planned: PlannedAttempt<Target>): boolean {
    this.#late = this.prepareLate?.(planned.target, planned.route.strict)
    if (this.#late !== undefined) return true
    const prepared = this.prepare(planned.target, planned.route.strict)
    if (prepared.ok) this.#prepared = prepared.value
    else this.#passOver(planned, prepared.error)
    return prepared.ok
  }

  #passOver(planned: PlannedAttempt<Target>, why: Ineligible): void {
    this.#ineligible ??= why
    this.#plan.passOver(planned)
  }

  retries(condition: Parameters<RetryPlan<Target>['retries']>[0]): boolean {
    return this.#plan.retries(condition)
  }

  leaveRoute(): void {
    this.#plan.leaveRoute()
  }

  mayTry(planned: PlannedAttempt<Target>): boolean {
    const { keyId } = this.request.caller
    const isAllowed =
      !isRetry(planned, this.#log.records) || planned.target.retryBudget.take(keyId, this.tools.clock.monotonicMs())
    if (!isAllowed) this.#isWithheld = true
    return isAllowed
  }

  #noTarget(): GatewayError {
    const { model } = this
    if (this.#ineligible === undefined) return { type: 'no-target', model }
    return ineligibleError(this.#ineligible, { model, models: this.modelsThatCould(this.#ineligible) })
  }

  #begin(planned: PlannedAttempt<Target>): void {
    const late = this.#late
    if (late !== undefined) {
      this.#late = undefined
      this.waitFor(late, planned, (made) => this.#onMade(planned, made))
      return
    }
    const prepared = this.#prepared
    if (prepared === undefined) return
    this.#planned = planned
    this.#inFlight = true
    planned.target.health.inFlight++
    if (!isRetry(planned, this.#log.records)) planned.target.retryBudget.request(this.request.caller.keyId)
    this.open(planned, prepared, this.attemptCount++)
  }

  /** Waits for something as long as the request may take. `onMade` has to stop the pause. */
  protected waitFor<Value>(
    late: Late<Value>,
    { route }: PlannedAttempt<Target>,
    onMade: (made: Made<Value>) => void,
  ): void {
    this.tools.timers.arm(this, this.limits.leftMs(route.timeouts, this.tools.clock.monotonicMs()))
    this.#wait ??= new LateWait()
    this.#wait.begin(late, { onMade, onBug: (error) => this.onBug(error) })
  }

  #onMade(planned: PlannedAttempt<Target>, made: Made<Prepared>): void {
    this.stopPausing()
    if (made.ok) {
      this.#prepared = made.value
      this.#begin(planned)
    } else if (made.error.type === 'unmade') this.giveUp(made.error.error, this.#lastFailed?.attempt)
    else {
      this.#passOver(planned, made.error)
      const next = this.#nextAllowed()
      const last = this.#lastFailed
      if (next !== undefined) this.#begin(next)
      else if (last === undefined) this.giveUp(this.#noTarget(), undefined)
      else this.giveUp(this.#failed?.passingError() ?? last.error, last.attempt)
    }
  }

  #nextAllowed(): PlannedAttempt<Target> | undefined {
    for (;;) {
      const planned = this.next()
      if (planned === undefined || this.mayTry(planned)) return planned
    }
  }

  /** Begins the attempt that waited for the end of a pause. */
  onDue(): void {
    if (this.#wait?.isWaiting === true) {
      this.stopPausing()
      this.giveUp(waitedTooLong, this.#lastFailed?.attempt)
    } else if (this.#planned !== undefined) this.#begin(this.#planned)
  }

  /** Ends a pause, or the wait for what an attempt needs, without an attempt. */
  protected stopPausing(): void {
    this.tools.timers.cancel(this)
    this.#wait?.stop()
  }

  // ── the end of an attempt ────────────────────────────────────────────────────────────────────────────────────────

  onFailed(attempt: Running, unnamed: UpstreamFailure): void {
    const nowMs = this.tools.clock.monotonicMs()
    const failure = failureAt(unnamed, attempt.planned.target.provider)
    const { error, condition } = failure
    this.leave(attempt, blamesRequest(error))
    this.waited(attempt, nowMs)
    this.record(attempt, failure.outcome, { used: undefined, nowMs, said: failure.said })
    this.#log.noteEnd()
    if (condition === 'auth') credentialRefused(attempt, this.tools, failure.said)
    this.#failed ??= new FailedTargets()
    this.#failed.add(attempt.planned.target, failure)
    this.#lastFailed = { attempt, error }
    const planned = this.#nextAfter(attempt, failure, nowMs)
    if (planned !== undefined) this.#begin(planned)
    else if (!this.isPausing) this.giveUp(this.#failed.passingError() ?? error, attempt)
  }

  /** Tries the same target at once, with what it is prepared now; another one where it cannot take the request any more. */
  protected tryAnew(attempt: Running, outcome: AttemptOutcome): void {
    const nowMs = this.tools.clock.monotonicMs()
    this.leave(attempt, true)
    this.waited(attempt, nowMs)
    this.record(attempt, outcome, { used: undefined, nowMs })
    this.#log.noteEnd()
    const { planned } = attempt
    const next = this.#isPrepared(planned) ? planned : this.next()
    if (next === undefined) this.giveUp(this.#noTarget(), attempt)
    else this.#begin(next)
  }

  /** The attempt that begins at once; undefined when there is none, or a pause comes first. */
  #nextAfter(attempt: Running, failure: UpstreamFailure, nowMs: number): PlannedAttempt<Target> | undefined {
    const { target, route } = attempt.planned
    const leftMs = this.limits.leftMs(route.timeouts, nowMs)
    if (this.request.reply.gone || leftMs <= 0) return undefined
    if (this.#holds?.some((hold) => hold.mayRetry?.(failure.outcome) === false) === true) return undefined
    const { condition, retryAfterMs } = failure
    const passes = failure.passing !== undefined
    const end = { target, condition, passes, retryAfterMs, isOnlyCredential: target.credentials.length === 1 }
    this.#isWithheld = false
    const next = nextAttempt(end, this, this.tools.chance)
    if (this.#isWithheld) this.#log.withholdRetry()
    if (next.type === 'give-up' || next.afterMs >= leftMs) return undefined
    if (next.planned.repeats === 0) return next.planned
    this.#planned = next.planned
    this.tools.timers.arm(this, next.afterMs)
    return undefined
  }

  protected waited(attempt: Running, nowMs: number): void {
    this.upstreamMs += nowMs - attempt.startedMs
  }

  /** Records an attempt that has ended. */
  protected record(attempt: Running, outcome: AttemptOutcome, end: LoggedEnd): void {
    this.#log.add(attempt, outcome, end)
  }

  /** Ends the use of the target. `healthy` is undefined when the caller left, which says nothing about the target. */
  protected leave(attempt: Running, healthy: boolean | undefined): void {
    if (!this.#inFlight) return
    this.#inFlight = false
    const { health } = attempt.planned.target
    health.inFlight--
    judgeTarget(attempt, healthy)
  }
}
