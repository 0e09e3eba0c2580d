// The opening of a realtime session: one handshake after another until a target accepts. The caller's own handshake waits
// for it, so that a failure is told as a status and may be followed by another target.
import type { Chance, Clock } from '../../../../shared/clock.ts'
import type { Notify } from '../../../../shared/notice.ts'
import type { AttemptRecord } from '../../../../shared/telemetry/records.ts'
import type { RecordSink } from '../../attempts/dispatch.ts'
import { answerHeaders } from '../../attempts/response-headers.ts'
import { errorAnswer } from '../../errors/error-answer.ts'
import { errorRow, type GatewayError, ineligibleError } from '../../errors/error-table.ts'
import {
  failureOfError,
  failureOfStatus,
  forwardedAnswer,
  forwardedError,
  noCredential,
  retryAfterMsOf,
  type UpstreamFailure,
} from '../../errors/upstream-failure.ts'
import type { Upgrade } from '../../http/http.ts'
import { backOff, type Credential, drawCredential, recovered } from '../../providers/credential.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { PlannedAttempt } from '../../routing/attempt-plan.ts'
import type { ErrorAnswer, Ineligible } from '../../translators/translator.ts'
import type { UpstreamError } from '../../upstream/upstream.ts'
import type { SocketEvents, SocketRequest, UpstreamSocket } from '../../upstream/upstream-socket.ts'
import { RealtimeSession } from './session.ts'
import { type RealtimePlan, realtimeAddress } from './session-plan.ts'
import { RealtimeRecords } from './session-records.ts'

export interface RealtimeTools {
  readonly clock: Clock
  readonly chance: Chance
  readonly notify: Notify
  readonly recorder: RecordSink
  openSocket(request: SocketRequest, events: SocketEvents): UpstreamSocket
}

export interface OpeningOwner {
  /** Either way. */
  onOver(): void
  onOpen(session: RealtimeSession): void
}

/** Beside the time to connect: a provider that makes a session ready. */
const acceptMsMax = 10_000

export class RealtimeOpening implements SocketEvents {
  readonly #tools: RealtimeTools
  readonly #plan: RealtimePlan
  readonly #upgrade: Upgrade
  readonly #records: RealtimeRecords
  readonly #owner: OpeningOwner
  #step: PlannedAttempt<Target> | undefined
  #credential: Credential | undefined
  #socket: UpstreamSocket | undefined
  #session: RealtimeSession | undefined
  #ineligible: Ineligible | undefined
  #attempts = 0
  #attemptStartedMs = 0
  #status = 0
  #answer: ErrorAnswer | undefined
  readonly #failed: AttemptRecord[] = []

  constructor(tools: RealtimeTools, plan: RealtimePlan, upgrade: Upgrade, owner: OpeningOwner) {
    this.#tools = tools
    this.#plan = plan
    this.#upgrade = upgrade
    this.#owner = owner
    this.#records = new RealtimeRecords(plan, tools.recorder)
    upgrade.reply.onGone = () => this.#onCallerGone()
  }

  start(): void {
    const step = this.#next()
    if (step !== undefined) this.#attempt(step)
    else this.#refuse(this.#noTarget())
  }

  #noTarget(): GatewayError {
    const { model } = this.#plan
    if (this.#ineligible === undefined) return { type: 'no-target', model }
    return ineligibleError(this.#ineligible, { model, models: this.#plan.modelsThatCould(this.#ineligible) })
  }

  #next(): PlannedAttempt<Target> | undefined {
    for (;;) {
      const step = this.#plan.attemptPlan.next()
      if (step === undefined) return undefined
      const address = realtimeAddress(step.target)
      if (address.ok) return step
      this.#ineligible ??= address.error
      this.#plan.attemptPlan.passOver(step)
    }
  }

  #attempt(step: PlannedAttempt<Target>): void {
    const { target } = step
    const { clock, chance } = this.#tools
    this.#step = step
    this.#attempts++
    this.#status = 0
    this.#answer = undefined
    this.#attemptStartedMs = clock.monotonicMs()
    const credential = drawCredential(target.credentials, this.#attemptStartedMs, chance)
    this.#credential = credential
    target.health.inFlight++
    const address = realtimeAddress(target)
    const path = address.ok ? address.value : ''
    const proof = credential.sign?.({ method: 'GET', host: target.origin.host, path, body: [] })
    if (credential.sign !== undefined && proof === undefined) {
      this.#fail(noCredential)
      return
    }
    const headerLines = credential.headerLines + (proof ?? '') + this.#plan.headerLines
    const handshakeTimeoutMs = step.route.timeouts.connectMs + acceptMsMax
    this.#socket = this.#tools.openSocket({ origin: target.origin, path, headerLines, handshakeTimeoutMs }, this)
  }

  onRefused({ status, contentType, body, header }: Parameters<SocketEvents['onRefused']>[0]): void {
    const retryAfterMs = retryAfterMsOf({ status, header }, this.#tools.clock.wallMs())
    this.#status = status
    this.#answer = { status, contentType, retryAfterMs, body }
    // A handshake that succeeds is answered with 101 alone.
    this.#fail(failureOfStatus(status < 300 ? 502 : status, retryAfterMs))
  }

  onError(error: UpstreamError): void {
    this.#fail(failureOfError(error))
  }

  #fail(failure: UpstreamFailure): void {
    const step = this.#step!
    const { target } = step
    target.health.inFlight--
    if (failure.error !== forwardedError) target.health.failuresInRow++
    this.#failed.push(this.#record(step, failure.outcome))
    if (failure.condition === 'auth') this.#onAuthRefused()
    const next = this.#nextAfter(failure, target)
    if (next !== undefined) this.#attempt(next)
    else this.#refuse(failure.error)
  }

  #nextAfter({ condition }: UpstreamFailure, failed: Target): PlannedAttempt<Target> | undefined {
    const { attemptPlan } = this.#plan
    if (condition === undefined || this.#upgrade.reply.gone) return undefined
    if (condition !== 'auth' && !attemptPlan.retries(condition)) attemptPlan.leaveRoute()
    for (;;) {
      const step = this.#next()
      if (step === undefined) return undefined
      // Nothing is waited for here, and the same target would say the same again at once.
      if (step.target === failed && (condition === '429' || (condition === 'auth' && failed.credentials.length === 1)))
        continue
      return step
    }
  }

  #onAuthRefused(): void {
    const { name: credential, health, renew } = this.#credential!
    backOff(health, this.#tools.clock.monotonicMs())
    renew?.()
    if (this.#status === 0) return
    const { provider } = this.#step!.target
    this.#tools.notify({ type: 'upstream-auth-refused', provider, credential, status: this.#status })
  }

  #record(step: PlannedAttempt<Target>, outcome: AttemptRecord['outcome']): AttemptRecord {
    const { clock } = this.#tools
    const times = { startedMs: this.#attemptStartedMs, nowMs: clock.monotonicMs() }
    return this.#records.attempt(step, { ...times, index: this.#attempts - 1, status: this.#status, outcome })
  }

  // ── the end of the opening ───────────────────────────────────────────────────────────────────────────────────────

  onOpen(): void {
    const { clock } = this.#tools
    const step = this.#step!
    this.#status = 101
    step.target.health.failuresInRow = 0
    recovered(this.#credential!.health)
    const nowMs = clock.monotonicMs()
    const end = {
      attempts: [...this.#failed, this.#record(step, 'ok')],
      attemptCount: this.#attempts,
      fallbackIndex: step.fallbackIndex,
      openedMs: nowMs,
    }
    const session = new RealtimeSession({
      clock,
      plan: this.#plan,
      step,
      records: this.#records,
      end,
      upstream: this.#socket!,
    })
    this.#session = session
    session.client = this.#upgrade.accept(this.#plan.protocol, this.#headers(nowMs), session)
    this.#owner.onOver()
    this.#owner.onOpen(session)
  }

  onMessage(message: Buffer, isBinary: boolean): void {
    this.#session?.fromUpstream(message, isBinary)
  }

  onSent(): void {
    this.#session?.onSent()
  }

  onClose(code: number, reason: string): void {
    this.#session?.onUpstreamClosed(code, reason)
  }

  #headers(nowMs: number): string[] {
    const { requestId, revisionText, startedMs } = this.#plan
    const facts = {
      ...{ requestId, revisionText, target: this.#step?.target, dropped: '', requestIdToo: false },
      ...{ attempts: this.#attempts, fallbackIndex: this.#step?.fallbackIndex ?? 0, costNanoUsd: undefined },
      ...{ upstreamMs: nowMs - startedMs, overheadMs: 0 },
    }
    return answerHeaders(facts, '').slice(2)
  }

  #refuse(refusal: GatewayError): void {
    const { requestId } = this.#plan
    const { chance, clock } = this.#tools
    const { reply } = this.#upgrade
    const answer =
      refusal === forwardedError && this.#answer !== undefined
        ? forwardedAnswer(this.#answer, 'openai', requestId)
        : errorAnswer(refusal, { requestId, shape: 'openai', chance })
    const errorCode = refusal === forwardedError ? 'upstream_refused' : (errorRow(refusal).code ?? '')
    const nowMs = clock.monotonicMs()
    const headers = [...answer.headers, ...this.#headers(nowMs).slice(2)]
    this.#finish({ status: 'failed', httpStatus: answer.status, errorCode, nowMs }, () =>
      reply.send(answer.status, headers, answer.body),
    )
  }

  #onCallerGone(): void {
    if (this.#session !== undefined) return
    this.#socket?.abandon()
    const step = this.#step
    if (step !== undefined) {
      step.target.health.inFlight--
      this.#failed.push(this.#record(step, 'aborted'))
    }
    const nowMs = this.#tools.clock.monotonicMs()
    this.#finish({ status: 'client-aborted', httpStatus: 0, errorCode: '', nowMs }, nothing)
  }

  #finish(
    end: { status: 'failed' | 'client-aborted'; httpStatus: number; errorCode: string; nowMs: number },
    flush: () => void,
  ): void {
    const fallbackIndex = this.#step?.fallbackIndex ?? 0
    const attempts = { attempts: this.#failed, attemptCount: this.#attempts, fallbackIndex, openedMs: undefined }
    this.#owner.onOver()
    this.#records.session({ ...end, ...attempts }, flush)
  }
}

function nothing(): void {}
