// Attempts at the targets of one request, one after the other, until one of them answers or none is left. What an attempt does,
// an HTTP exchange or a handshake, is its subclass's business; which one comes next is decided in `routing/next-attempt.ts`.
import { done, type Result } from '../../../shared/result.ts'
import type { AttemptOutcome } from '../../../shared/telemetry/records.ts'
import type { AttemptEntry, AttemptGate, AttemptHold, Hold } from '../accounting/outcome.ts'
import { type GatewayError, type Ineligible, ineligibleError } from '../errors/gateway-error.ts'
import { failureAt, type UpstreamFailure } from '../errors/upstream-failure.ts'
import type { Target } from '../providers/endpoint.ts'
import { credentialRefused } from '../providers/judge-target.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { AttemptPlan, PlannedAttempt } from '../routing/attempt-plan.ts'
import { laterAttempt, type Next, nextAttempt, type RetryPlan } from '../routing/next-attempt.ts'
import { isRetry } from '../routing/retry-budget.ts'
import type { Late, Made } from '../translators/translator.ts'
import type { AttemptProgress, AttemptTools, RunningAttempt } from './running-attempt.ts'
import { blamesRequest, type FailedAttempt, FailedTargets } from './targets/failed-targets.ts'
import { PassedTargets, type PassedWhy } from './targets/passed-targets.ts'
import { AttemptWaits } from './waits/attempt-waits.ts'
import type { QuotaPass } from './waits/quota-pass.ts'

const waitedTooLong = { type: 'too-busy', retryAfterMs: 1_000 } as const

export abstract class AttemptLoop<Prepared, Running extends RunningAttempt>
  extends AttemptWaits
  implements AttemptProgress, RetryPlan<Target>
{
  readonly #plan: AttemptPlan<Target>
  readonly #holds: readonly Hold[] | undefined
  /** Undefined where nothing counts attempts by their targets. */
  readonly #gate: AttemptGate | undefined
  /** The attempt that is begun, or that comes after the pause. */
  #planned: PlannedAttempt<Target> | undefined
  #prepared: Prepared | undefined
  /** What is still to be prepared for the attempt that comes next. */
  #late: Late<Prepared> | undefined
  #lastFailed: FailedAttempt<Running> | undefined
  /** The targets that were passed over, and those that failed; made at the first, which most requests never meet. */
  #passed: PassedTargets | undefined
  #failed: FailedTargets<Target> | undefined
  /** Whether the budget of a provider was spent when another attempt there was due. */
  #isWithheld = false

  constructor(
    tools: AttemptTools,
    request: AuthenticatedRequest,
    { plan, stream, holds }: { plan: AttemptPlan<Target>; stream: boolean; holds?: readonly Hold[] | undefined },
  ) {
    super(tools, request, stream)
    this.#plan = plan
    this.#holds = holds
    this.#gate = holds?.find(({ gate }) => gate !== undefined)?.gate
  }

  /** What a target would be sent, or why it cannot take the request. */
  protected abstract prepare(target: Target, strict: boolean): Result<Prepared, Ineligible>
  /** The same where it takes a while. Absent or undefined: `prepare` is called. */
  protected prepareLate?(target: Target, strict: boolean): Late<Prepared> | undefined
  /** Begins an attempt. It may fail before this returns. */
  protected abstract open(planned: PlannedAttempt<Target>, prepared: Prepared, index: number): void
  /** Ends the request, because no attempt follows; `last` is the one that failed. */
  protected abstract giveUp(error: GatewayError, last: Running | undefined): void
  /** What attempts at a target take of the provider's quotas. Absent or undefined: nothing is known that limits them. */
  protected passFor?(target: Target, prepared: Prepared | undefined): QuotaPass | undefined
  protected abstract modelsThatCould(ineligible: Ineligible): readonly string[] | undefined
  protected abstract readonly model: string

  get fallbackIndex(): number {
    return this.#planned?.fallbackIndex ?? 0
  }

  get target(): Target | undefined {
    return this.#planned?.target
  }

  start(): void {
    this.#beginFirst()
  }

  #beginFirst(): void {
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

  #passOver(planned: PlannedAttempt<Target>, why: PassedWhy): void {
    this.#passed ??= new PassedTargets()
    this.#passed.add(why)
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
      !isRetry(planned, this.attempts) || planned.target.retryBudget.take(keyId, this.tools.clock.monotonicMs())
    if (!isAllowed) this.#isWithheld = true
    return isAllowed
  }

  #noTarget(): GatewayError {
    const { full, ineligible } = this.#passed ?? {}
    if (full !== undefined) return full
    if (ineligible === undefined) return { type: 'no-target', model: this.model }
    return ineligibleError(ineligible, { model: this.model, models: this.modelsThatCould(ineligible) })
  }

  #begin(planned: PlannedAttempt<Target>): void {
    const late = this.#late
    if (late !== undefined) {
      this.#late = undefined
      this.waitFor(late, planned, (made) => this.#onMade(planned, made))
      return
    }
    const pass = this.passFor?.(planned.target, this.#prepared)
    if (pass === undefined || pass.take(planned.target)) this.#enter(planned)
    else this.#waitForQuota(pass, planned)
  }

  /** There is no quota at once: another target of the route goes before, where one has some. */
  #waitForQuota(pass: QuotaPass, planned: PlannedAttempt<Target>): void {
    for (;;) {
      const other = this.#plan.instead(planned, (target) => pass.hasRoom(target))
      if (other === undefined) break
      if (this.#isPrepared(other)) return this.#begin(other)
    }
    const sinceMs = this.tools.clock.monotonicMs()
    const leftMs = this.limits.leftMs(planned.route.timeouts, sinceMs)
    this.waitFor(pass.wait(planned, leftMs), planned, (made) => {
      this.stopPausing()
      this.queued(this.tools.clock.monotonicMs() - sinceMs)
      const busy = made.ok ? made.value : undefined
      if (busy === undefined) return this.#enter(planned)
      this.#passOver(planned, busy)
      this.leaveRoute()
      this.#goOn()
    })
  }

  #enter(planned: PlannedAttempt<Target>): void {
    const entry = this.#gate?.enter(planned.target)
    if (entry === undefined) this.#launch(planned, undefined)
    else if (entry instanceof Promise) this.#waitForEntry(planned, entry)
    else this.#onEntry(planned, entry)
  }

  #launch(planned: PlannedAttempt<Target>, reserved: AttemptHold | undefined): void {
    const prepared = this.#prepared
    if (prepared === undefined) return
    this.#planned = planned
    this.occupy(planned, reserved)
    this.open(planned, prepared, this.attemptCount++)
  }

  /** Another node is asked. Where nobody waits any more, the hold gives back what it lets in. */
  #waitForEntry(planned: PlannedAttempt<Target>, entry: Promise<AttemptEntry>): void {
    const late: Late<AttemptEntry> = { start: () => entry.then(done), stop: nothing }
    this.waitFor(late, planned, (made) => {
      this.stopPausing()
      if (made.ok) this.#onEntry(planned, made.value)
    })
  }

  #onEntry(planned: PlannedAttempt<Target>, entry: AttemptEntry): void {
    if (entry.type === 'full') {
      this.quota?.giveBack()
      this.#passOver(planned, entry.error)
      this.isPassedOver = true
      this.#goOn()
      return
    }
    this.#launch(planned, entry.hold)
  }

  /** Goes on behind a target that was passed over when its attempt was due. */
  #goOn(): void {
    const last = this.#lastFailed
    if (last === undefined) return this.#beginFirst()
    const leftMs = this.limits.leftMs(last.attempt.planned.route.timeouts, this.tools.clock.monotonicMs())
    const next = leftMs <= 0 ? undefined : this.#scheduled(laterAttempt(last.end, this, this.tools.chance), leftMs)
    this.#beginOrGiveUp(next, last)
  }

  #beginOrGiveUp(next: PlannedAttempt<Target> | undefined, { attempt, error }: FailedAttempt<Running>): void {
    if (next !== undefined) this.#begin(next)
    else if (!this.isPausing)
      this.giveUp(this.#failed?.passingError(this.#passed?.full?.retryAfterMs) ?? error, attempt)
  }

  #onMade(planned: PlannedAttempt<Target>, made: Made<Prepared>): void {
    this.stopPausing()
    if (made.ok) {
      this.#prepared = made.value
      this.#begin(planned)
    } else if (made.error.type === 'unmade') this.giveUp(made.error.error, this.#lastFailed?.attempt)
    else {
      this.#passOver(planned, made.error)
      this.#goOn()
    }
  }

  /** Begins the attempt that waited for the end of a pause. */
  onDue(): void {
    if (this.isWaiting) {
      this.stopPausing()
      this.giveUp(waitedTooLong, this.#lastFailed?.attempt)
    } else if (this.#planned !== undefined) this.#begin(this.#planned)
  }

  // ── the end of an attempt ────────────────────────────────────────────────────────────────────────────────────────

  onFailed(attempt: Running, unnamed: UpstreamFailure): void {
    const nowMs = this.tools.clock.monotonicMs()
    const failure = failureAt(unnamed, attempt.planned.target.provider)
    const { error, condition } = failure
    this.leave(attempt, blamesRequest(error))
    this.waited(attempt, nowMs)
    this.record(attempt, failure.outcome, { used: undefined, nowMs, said: failure.said })
    this.noteEnd()
    if (condition === 'auth') credentialRefused(attempt, this.tools, failure.said)
    this.#failed ??= new FailedTargets()
    this.#failed.add(attempt.planned.target, failure)
    const { target } = attempt.planned
    const end = {
      target,
      condition,
      passes: failure.passing !== undefined,
      retryAfterMs: failure.retryAfterMs,
      isOnlyCredential: target.credentials.length === 1,
    }
    this.#lastFailed = { attempt, error, end }
    this.#beginOrGiveUp(this.#nextAfter(this.#lastFailed, failure.outcome, nowMs), this.#lastFailed)
  }

  /** Tries the same target at once, with what it is prepared now; another one where it cannot take the request any more. */
  protected tryAnew(attempt: Running, outcome: AttemptOutcome): void {
    const nowMs = this.tools.clock.monotonicMs()
    this.leave(attempt, true)
    this.waited(attempt, nowMs)
    this.record(attempt, outcome, { used: undefined, nowMs })
    this.noteEnd()
    const { planned } = attempt
    const next = this.#isPrepared(planned) ? planned : this.next()
    if (next === undefined) this.giveUp(this.#noTarget(), attempt)
    else this.#begin(next)
  }

  /** The attempt that begins at once; undefined when there is none, or a pause comes first. */
  #nextAfter(
    { attempt, end }: FailedAttempt<Running>,
    outcome: AttemptOutcome,
    nowMs: number,
  ): PlannedAttempt<Target> | undefined {
    const leftMs = this.limits.leftMs(attempt.planned.route.timeouts, nowMs)
    if (this.request.reply.gone || leftMs <= 0) return undefined
    if (this.#holds?.some((hold) => hold.mayRetry?.(outcome) === false) === true) return undefined
    this.#isWithheld = false
    const next = nextAttempt(end, this, this.tools.chance)
    const failed = this.attempts.at(-1)
    if (this.#isWithheld && failed !== undefined) failed.retryWithheld = true
    return this.#scheduled(next, leftMs)
  }

  #scheduled(next: Next<Target>, leftMs: number): PlannedAttempt<Target> | undefined {
    if (next.type === 'give-up' || next.afterMs >= leftMs) return undefined
    if (next.planned.repeats === 0) return next.planned
    this.#planned = next.planned
    this.tools.timers.arm(this, next.afterMs)
    return undefined
  }
}

function nothing(): void {}
