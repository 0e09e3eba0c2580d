// Attempts at the targets of one request, one after the other, until one of them answers or none is left. What an attempt does,
// an HTTP exchange or a handshake, is its subclass's business; which one comes next is decided in `routing/next-attempt.ts`.
import type { Result } from '../../../shared/result.ts'
import type { AttemptOutcome, AttemptRecord } from '../../../shared/telemetry/records.ts'
import { noTokens } from '../accounting/attempt-cost.ts'
import { attemptRecord } from '../accounting/request-records.ts'
import type { Used } from '../accounting/usage-meter.ts'
import { type GatewayError, type Ineligible, ineligibleError } from '../errors/gateway-error.ts'
import { failureAt, type UpstreamFailure } from '../errors/upstream-failure.ts'
import { backOff } from '../providers/credential.ts'
import type { Target } from '../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { AttemptPlan, PlannedAttempt } from '../routing/attempt-plan.ts'
import { nextAttempt, type RetryPlan } from '../routing/next-attempt.ts'
import type { Deadline } from '../routing/timer-wheel.ts'
import type { Late, Made } from '../translators/translator.ts'
import { blamesRequest, FailedTargets } from './failed-targets.ts'
import { judgeTarget } from './judge-target.ts'
import { LateWait } from './late-wait.ts'
import type { AttemptProgress, AttemptTools, RunningAttempt } from './running-attempt.ts'
import { TimeLimits } from './time-limits.ts'

const noAttempts: readonly AttemptRecord[] = []
const waitedTooLong = { type: 'too-busy', retryAfterMs: 1_000 } as const

export abstract class AttemptLoop<Prepared, Running extends RunningAttempt>
  implements Deadline, AttemptProgress, RetryPlan<Target>
{
  deadlineSlot = -1
  deadlineTick = 0
  deadlineNext: Deadline | undefined = undefined
  deadlinePrevious: Deadline | undefined = undefined
  attemptCount = 0
  upstreamMs = 0
  protected readonly tools: AttemptTools
  protected readonly request: AuthenticatedRequest
  protected readonly limits: TimeLimits
  readonly #plan: AttemptPlan<Target>
  readonly #stream: boolean
  #records: AttemptRecord[] | undefined
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

  constructor(
    tools: AttemptTools,
    request: AuthenticatedRequest,
    { plan, stream }: { plan: AttemptPlan<Target>; stream: boolean },
  ) {
    this.tools = tools
    this.request = request
    this.limits = new TimeLimits(request, stream)
    this.#plan = plan
    this.#stream = stream
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
  protected abstract readonly model: string

  get attempts(): readonly AttemptRecord[] {
    return this.#records ?? noAttempts
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

  #noTarget(): GatewayError {
    const { model } = this
    if (this.#ineligible === undefined) return { type: 'no-target', model }
    return ineligibleError(this.#ineligible, { model, models: this.modelsThatCould(this.#ineligible) })
  }

  #begin(planned: PlannedAttempt<Target>): void {
    if (this.#late !== undefined) {
      this.#await(planned, this.#late)
      return
    }
    const prepared = this.#prepared
    if (prepared === undefined) return
    this.#planned = planned
    this.#inFlight = true
    planned.target.health.inFlight++
    this.open(planned, prepared, this.attemptCount++)
  }

  #await(planned: PlannedAttempt<Target>, late: Late<Prepared>): void {
    this.#late = undefined
    this.waitFor(late, planned, (made) => this.#onMade(planned, made))
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
      const next = this.next()
      const last = this.#lastFailed
      if (next !== undefined) this.#begin(next)
      else if (last === undefined) this.giveUp(this.#noTarget(), undefined)
      else this.giveUp(this.#failed?.passingError() ?? last.error, last.attempt)
    }
  }

  /** Called with what was thrown after a wait. */
  protected onBug(error: unknown): void {
    throw error
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
    if (condition === 'auth') this.#onAuthRefused(attempt, failure.said)
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
    const { condition, retryAfterMs } = failure
    const passes = failure.passing !== undefined
    const end = { target, condition, passes, retryAfterMs, isOnlyCredential: target.credentials.length === 1 }
    const next = nextAttempt(end, this, this.tools.chance)
    if (next.type === 'give-up' || next.afterMs >= leftMs) return undefined
    if (next.planned.repeats === 0) return next.planned
    this.#planned = next.planned
    this.tools.timers.arm(this, next.afterMs)
    return undefined
  }

  #onAuthRefused({ credential, planned, status }: Running, said: string | undefined): void {
    backOff(credential.health, this.tools.clock.monotonicMs())
    credential.renew?.()
    // Without a status the credential was never shown: whoever issues it has told why.
    if (status === 0) return
    const { provider } = planned.target
    this.tools.notify({ type: 'upstream-auth-refused', provider, credential: credential.name, status, said })
  }

  protected waited(attempt: Running, nowMs: number): void {
    this.upstreamMs += nowMs - attempt.startedMs
  }

  /** Records an attempt that has ended. `used` is undefined when nothing was used. */
  protected record(
    attempt: Running,
    outcome: AttemptOutcome,
    { used, nowMs, said }: { used: Used | undefined; nowMs: number; said?: string | undefined },
  ): void {
    const { planned } = attempt
    const tokens = used?.tokens ?? noTokens
    const record = attemptRecord(this.request, {
      planned,
      outcome,
      tokens,
      index: attempt.index,
      stream: this.#stream,
      upstreamStatus: attempt.status,
      upstreamText: said,
      costNanoUsd: used?.costNanoUsd ?? 0,
      startedMs: attempt.startedMs,
      firstByteMs: attempt.firstByteMs,
      endedMs: nowMs,
      timing: attempt.timing,
    })
    planned.latency?.learn(record, nowMs)
    this.#records ??= []
    this.#records.push(record)
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
