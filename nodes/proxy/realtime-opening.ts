// The opening of a realtime session: one handshake after another until a target accepts. The caller's own handshake waits
// for it, so that a failure is told as a status and may be followed by another target.
import type { Chance, Clock } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import type { AttemptRecord } from '../../shared/telemetry/records.ts'
import { answerHeaders } from './answer-headers.ts'
import {
  type Failure,
  failureOfError,
  failureOfStatus,
  noCredential,
  passedOn,
  passedOnAnswer,
  retryAfterMsOf,
} from './failures.ts'
import type { Upgrade } from './http/http.ts'
import type { ErrorAnswer, Unable } from './leg.ts'
import { type Credential, drawCredential, standWell, stepAside } from './providers/credential.ts'
import type { Endpoint } from './providers/endpoint.ts'
import { type RealtimePlan, realtimeAddress } from './realtime-plan.ts'
import { RealtimeRecords } from './realtime-records.ts'
import { RealtimeSession } from './realtime-session.ts'
import { refusalAnswer } from './refusal-answers.ts'
import { type Refusal, refusalOf, rowOf } from './refusals.ts'
import type { Step } from './routing/itinerary.ts'
import type { RecordSink } from './transit.ts'
import type { UpstreamError } from './upstream/upstream.ts'
import type { SocketEvents, SocketRequest, UpstreamSocket } from './upstream/upstream-socket.ts'

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
  #step: Step<Endpoint> | undefined
  #credential: Credential | undefined
  #socket: UpstreamSocket | undefined
  #session: RealtimeSession | undefined
  #unable: Unable | undefined
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

  #noTarget(): Refusal {
    const { model } = this.#plan
    if (this.#unable === undefined) return { type: 'no-target', model }
    return refusalOf(this.#unable, { model, models: this.#plan.modelsThatCould(this.#unable) })
  }

  #next(): Step<Endpoint> | undefined {
    for (;;) {
      const step = this.#plan.itinerary.next()
      if (step === undefined) return undefined
      const address = realtimeAddress(step.endpoint)
      if (address.ok) return step
      this.#unable ??= address.error
      this.#plan.itinerary.passOver(step)
    }
  }

  #attempt(step: Step<Endpoint>): void {
    const { endpoint } = step
    const { clock, chance } = this.#tools
    this.#step = step
    this.#attempts++
    this.#status = 0
    this.#answer = undefined
    this.#attemptStartedMs = clock.monotonicMs()
    const credential = drawCredential(endpoint.credentials, this.#attemptStartedMs, chance)
    this.#credential = credential
    endpoint.load.inFlight++
    const address = realtimeAddress(endpoint)
    const path = address.ok ? address.value : ''
    const proof = credential.prove?.({ method: 'GET', host: endpoint.origin.host, path, body: [] })
    if (credential.prove !== undefined && proof === undefined) {
      this.#fail(noCredential)
      return
    }
    const headerLines = credential.headerLines + (proof ?? '') + this.#plan.headerLines
    const handshakeTimeoutMs = step.route.timeouts.connectMs + acceptMsMax
    this.#socket = this.#tools.openSocket({ origin: endpoint.origin, path, headerLines, handshakeTimeoutMs }, this)
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

  #fail(failure: Failure): void {
    const step = this.#step!
    const { endpoint } = step
    endpoint.load.inFlight--
    if (failure.refusal !== passedOn) endpoint.load.failuresInRow++
    this.#failed.push(this.#record(step, failure.outcome))
    if (failure.condition === 'auth') this.#onAuthRefused()
    const next = this.#nextAfter(failure, endpoint)
    if (next !== undefined) this.#attempt(next)
    else this.#refuse(failure.refusal)
  }

  #nextAfter({ condition }: Failure, failed: Endpoint): Step<Endpoint> | undefined {
    const { itinerary } = this.#plan
    if (condition === undefined || this.#upgrade.reply.gone) return undefined
    if (condition !== 'auth' && !itinerary.retries(condition)) itinerary.leaveRoute()
    for (;;) {
      const step = this.#next()
      if (step === undefined) return undefined
      // Nothing is waited for here, and the same endpoint would say the same again at once.
      if (
        step.endpoint === failed &&
        (condition === '429' || (condition === 'auth' && failed.credentials.length === 1))
      )
        continue
      return step
    }
  }

  #onAuthRefused(): void {
    const { name: credential, standing, renew } = this.#credential!
    stepAside(standing, this.#tools.clock.monotonicMs())
    renew?.()
    if (this.#status === 0) return
    const { provider } = this.#step!.endpoint
    this.#tools.notify({ type: 'upstream-auth-refused', provider, credential, status: this.#status })
  }

  #record(step: Step<Endpoint>, outcome: AttemptRecord['outcome']): AttemptRecord {
    const { clock } = this.#tools
    const times = { startedMs: this.#attemptStartedMs, nowMs: clock.monotonicMs() }
    return this.#records.attempt(step, { ...times, index: this.#attempts - 1, status: this.#status, outcome })
  }

  // ── the end of the opening ───────────────────────────────────────────────────────────────────────────────────────

  onOpen(): void {
    const { clock } = this.#tools
    const step = this.#step!
    this.#status = 101
    step.endpoint.load.failuresInRow = 0
    standWell(this.#credential!.standing)
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
      ...{ requestId, revisionText, endpoint: this.#step?.endpoint, dropped: '', requestIdToo: false },
      ...{ attempts: this.#attempts, fallbackIndex: this.#step?.fallbackIndex ?? 0, costNanoUsd: undefined },
      ...{ upstreamMs: nowMs - startedMs, overheadMs: 0 },
    }
    return answerHeaders(facts, '').slice(2)
  }

  #refuse(refusal: Refusal): void {
    const { requestId } = this.#plan
    const { chance, clock } = this.#tools
    const { reply } = this.#upgrade
    const answer =
      refusal === passedOn && this.#answer !== undefined
        ? passedOnAnswer(this.#answer, 'openai', requestId)
        : refusalAnswer(refusal, { requestId, shape: 'openai', chance })
    const errorCode = refusal === passedOn ? 'upstream_refused' : (rowOf(refusal).code ?? '')
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
      step.endpoint.load.inFlight--
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
