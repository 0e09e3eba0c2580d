// The opening of a realtime session: attempts whose exchange is a WebSocket handshake. The caller's own handshake waits for one
// that a target accepts, so that a failure is told as a status and may be followed by another target.
import { fail, type Result } from '../../../../shared/result.ts'
import { textOfThrown } from '../../../../shared/thrown.ts'
import { uncharged } from '../../accounting/intents/attempt-charge.ts'
import { hasPrice, priceRefusal } from '../../accounting/priced-target.ts'
import type { Settlement } from '../../accounting/settle.ts'
import { AttemptLoop } from '../../attempts/attempt-loop.ts'
import { answerLines } from '../../attempts/response-headers.ts'
import type { AttemptTools, RunningAttempt } from '../../attempts/running-attempt.ts'
import { parseErrorOf } from '../../dialects/error-shapes.ts'
import { failureOfChatError } from '../../errors/answered-failure.ts'
import { errorAnswer } from '../../errors/error-answer.ts'
import { errorHeadOf } from '../../errors/error-head.ts'
import { errorRow } from '../../errors/error-table.ts'
import { type ForwardedError, forwardedAnswer } from '../../errors/forwarded-error.ts'
import type { GatewayError, Ineligible } from '../../errors/gateway-error.ts'
import { limitedBy } from '../../errors/limited-by.ts'
import { failureOfError, noCredential } from '../../errors/upstream-failure.ts'
import { type CheckedLines, headersIn } from '../../http/checked-lines.ts'
import type { HeaderLines, Upgrade } from '../../http/http.ts'
import { realtimeOperation } from '../../operations/gateway-operations.ts'
import { type Credential, drawCredential } from '../../providers/credential.ts'
import type { Target } from '../../providers/endpoint.ts'
import { judgeTarget } from '../../providers/judge-target.ts'
import type { PlannedAttempt } from '../../routing/attempt-plan.ts'
import { modelsThatCould } from '../../translators/capable-models.ts'
import type { SocketEvents, SocketRequest, UpstreamSocket } from '../../upstream/sockets/upstream-socket.ts'
import type { UpstreamError } from '../../upstream/upstream.ts'
import { RealtimeSession } from './session.ts'
import { canRealtime, realtimeAddress, type SessionPlan } from './session-plan.ts'
import { SessionRecords } from './session-records.ts'

export interface HandshakeTools extends AttemptTools {
  readonly settlement: Settlement
  openSocket(request: SocketRequest, events: SocketEvents): UpstreamSocket
}

export interface HandshakeOwner {
  /** Called when the session was opened or has failed to open. */
  onOver(): void
  onOpen(session: RealtimeSession): void
}

/** The time that a provider may take to accept a session, beside the time to connect. */
const acceptMsMax = 10_000

/** One handshake with one target. */
class Handshake implements SocketEvents, RunningAttempt {
  readonly timing = undefined
  /** A handshake costs nothing; what the session uses is charged response by response. */
  readonly charge = uncharged
  readonly planned: PlannedAttempt<Target>
  readonly credential: Credential
  readonly index: number
  readonly startedMs: number
  status = 0
  firstByteMs = 0
  session: RealtimeSession | undefined
  readonly #loop: Handshakes
  #socket: UpstreamSocket | undefined

  constructor(loop: Handshakes, facts: Pick<RunningAttempt, 'planned' | 'credential' | 'index' | 'startedMs'>) {
    this.#loop = loop
    this.planned = facts.planned
    this.credential = facts.credential
    this.index = facts.index
    this.startedMs = facts.startedMs
  }

  start(path: string, headerLines: string, openSocket: HandshakeTools['openSocket']): void {
    const { target, route } = this.planned
    const { sign, headerLines: own } = this.credential
    const signed = sign === undefined ? '' : sign({ method: 'GET', host: target.origin.host, path, body: [] })
    if (signed === undefined) {
      this.#loop.onFailed(this, noCredential)
      return
    }
    const handshakeTimeoutMs = route.timeouts.connectMs + acceptMsMax
    const request = { origin: target.origin, path, headerLines: own + signed + headerLines, handshakeTimeoutMs }
    this.#socket = openSocket(request, this)
  }

  abandon(): void {
    this.#socket?.abandon()
  }

  onRefused({ status, body, header }: Parameters<SocketEvents['onRefused']>[0]): void {
    this.status = status
    this.firstByteMs = this.#loop.nowMs
    // A handshake that succeeds is answered with 101 alone.
    const head = { status: status < 300 ? 502 : status, header }
    const answer = { ...errorHeadOf(head, this.#loop.wallMs), body }
    this.#loop.onFailed(this, failureOfChatError(answer, parseErrorOf('openai', answer.status, body)))
  }

  onError(error: UpstreamError): void {
    this.#loop.onFailed(this, failureOfError(error))
  }

  onOpen(): void {
    this.status = 101
    this.firstByteMs = this.#loop.nowMs
    if (this.#socket !== undefined) this.session = this.#loop.onOpened(this, this.#socket)
  }

  onMessage(message: Buffer, isBinary: boolean): void {
    this.session?.fromUpstream(message, isBinary)
  }

  onSent(): void {
    this.session?.onSent()
  }

  onClose(code: number, reason: string): void {
    this.session?.onUpstreamClosed(code, reason)
  }
}

export class Handshakes extends AttemptLoop<string, Handshake> {
  protected override readonly model: string
  readonly #plan: SessionPlan
  readonly #tools: HandshakeTools
  readonly #upgrade: Upgrade
  readonly #owner: HandshakeOwner
  readonly #records: SessionRecords
  #handshake: Handshake | undefined

  constructor(tools: HandshakeTools, plan: SessionPlan, upgrade: Upgrade, owner: HandshakeOwner) {
    const holds = tools.settlement.heldBy(plan.request)
    super(tools, plan.request, { plan: plan.attemptPlan, stream: true, holds })
    this.#tools = tools
    this.#plan = plan
    this.model = plan.model
    this.#upgrade = upgrade
    this.#owner = owner
    this.#records = new SessionRecords(plan.request, plan.model, tools)
    upgrade.reply.onGone = () => this.#onCallerGone()
  }

  get nowMs(): number {
    return this.tools.clock.monotonicMs()
  }

  get wallMs(): number {
    return this.tools.clock.wallMs()
  }

  protected override prepare(target: Target): Result<string, Ineligible> {
    const refusal = priceRefusal(target, this.request, () => undefined)
    return refusal === undefined ? realtimeAddress(target) : fail(refusal)
  }

  protected override onBug(error: unknown): void {
    this.tools.notify({ type: 'handler-threw', where: realtimeOperation.name, message: textOfThrown(error) })
    this.giveUp({ type: 'internal' })
  }

  protected override modelsThatCould(ineligible: Ineligible): readonly string[] | undefined {
    return modelsThatCould(ineligible, { could: canRealtime }, this.request)
  }

  protected override open(planned: PlannedAttempt<Target>, path: string, index: number): void {
    const startedMs = this.nowMs
    const credential = drawCredential(planned.target.credentials, startedMs, this.tools.chance)
    const handshake = new Handshake(this, { planned, credential, index, startedMs })
    this.#handshake = handshake
    handshake.start(path, this.#plan.headerLines, (request, events) => this.#tools.openSocket(request, events))
  }

  onOpened(handshake: Handshake, upstream: UpstreamSocket): RealtimeSession {
    const { nowMs } = this
    // The target stays in use until the session is over.
    judgeTarget(handshake, { owner: this.request.caller.owner, healthy: true })
    this.waited(handshake, nowMs)
    // What the session has reserved at the target is settled when it is over.
    this.record(handshake, 'ok', { used: undefined, nowMs, goesOn: true })
    const { attempts, attemptCount, fallbackIndex } = this
    const session = new RealtimeSession({
      clock: this.tools.clock,
      plan: this.#plan,
      planned: handshake.planned,
      records: this.#records,
      end: { attempts, attemptCount, fallbackIndex, openedMs: nowMs },
      upstream,
    })
    session.client = this.#upgrade.accept(this.#plan.protocol, this.#headers(nowMs), session)
    this.#owner.onOver()
    this.#owner.onOpen(session)
    return session
  }

  #headers(nowMs: number): HeaderLines {
    return ['x-request-id', this.request.id, ...headersIn(this.#facts(nowMs))]
  }

  #facts(nowMs: number): CheckedLines {
    const { request, target, attemptCount, fallbackIndex } = this
    return answerLines({
      requestId: request.id,
      revisionText: request.snapshot.revisionText,
      target,
      dropped: '',
      requestIdToo: false,
      attempts: attemptCount,
      fallbackIndex,
      cacheStatus: 'BYPASS',
      upstreamMs: nowMs - request.startedMs,
      overheadMs: 0,
      costNanoUsd: undefined,
      unpriced: target !== undefined && !hasPrice(target, this.#plan.request, () => undefined),
    })
  }

  protected override giveUp(error: GatewayError): void {
    const { reply } = this.#upgrade
    const { nowMs } = this
    if (error.type === 'rate-limited' && this.attemptCount === 0) {
      this.#owner.onOver()
      this.#tools.settlement.reject(this.request, error, { model: this.model })
      return
    }
    const answer = this.#errorAnswer(error)
    const lines = this.#facts(nowMs)
    const errorCode = errorRow(error).code ?? ''
    this.#finish({ status: 'failed', httpStatus: answer.status, errorCode, limitedBy: limitedBy(error), nowMs }, () =>
      reply.send(answer.status, answer.headers, answer.body, lines),
    )
  }

  #errorAnswer(error: GatewayError): ForwardedError {
    const { id } = this.request
    if (error.type === 'upstream-rejected') return forwardedAnswer(error.answer, 'openai', id)
    return errorAnswer(error, { requestId: id, shape: 'openai', chance: this.tools.chance })
  }

  #onCallerGone(): void {
    const handshake = this.#handshake
    if (handshake?.session !== undefined) return
    const { nowMs } = this
    if (this.isPausing) this.stopPausing()
    else if (handshake !== undefined) {
      handshake.abandon()
      this.leave(handshake, undefined)
      this.record(handshake, 'aborted', { used: undefined, nowMs })
    }
    this.#finish({ status: 'client-aborted', httpStatus: 0, errorCode: '', nowMs }, nothing)
  }

  #finish(
    end: {
      status: 'failed' | 'client-aborted'
      httpStatus: number
      errorCode: string
      limitedBy?: string | undefined
      nowMs: number
    },
    flush: () => void,
  ): void {
    const { attempts, attemptCount, fallbackIndex } = this
    this.#owner.onOver()
    this.#records.session({ ...end, attempts, attemptCount, fallbackIndex, openedMs: undefined }, flush)
  }
}

function nothing(): void {}
