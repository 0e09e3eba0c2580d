// One exchange with one target. It knows no retry, no record and no other attempt, so that two may be alive for one request.
import { bounds } from '../../../shared/bounds.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import type { Metered } from '../accounting/usage-meter.ts'
import type { ErrorAnswer } from '../errors/gateway-error.ts'
import { retryAfterMsOf } from '../errors/retry-after.ts'
import { failureInStream } from '../errors/stream-failure.ts'
import {
  brokenAnswer,
  cutStream,
  failureOfAnswer,
  failureOfError,
  firstTokenTimeout,
  idleTimeout,
  noCredential,
  totalTimeout,
  type UpstreamFailure,
} from '../errors/upstream-failure.ts'
import type { Operation } from '../operations/operation.ts'
import type { Credential } from '../providers/credential.ts'
import type { Target } from '../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { PlannedAttempt } from '../routing/attempt-plan.ts'
import type { Deadline } from '../routing/timer-wheel.ts'
import { type AnswerStream, eventStream, type StreamOptions, type StreamSink } from '../streams/answer-stream.ts'
import type { Translator, WholeAnswer } from '../translators/translator.ts'
import { DecodedAnswer, type DecodedSink, isEncoded } from '../upstream/decoded-answer.ts'
import type { Upstream, UpstreamCall, UpstreamError, UpstreamHandler, UpstreamHead } from '../upstream/upstream.ts'
import type { AttemptTools, RunningAttempt } from './attempt-loop.ts'
import { credentialFor, headerLinesOf } from './authorize-attempt.ts'
import { BodyBuffer } from './body-buffer.ts'
import { keepAliveMs } from './keep-alive.ts'
import type { TimeLimits } from './time-limits.ts'

export interface AttemptOwner {
  /** Its first byte may go out. False: another attempt was faster, and this one ends without a word. */
  onFirstByte(attempt: Attempt): boolean
  /** `full` asks for a pause until `resume()`. */
  onBytes(attempt: Attempt, bytes: Buffer | string): 'sent' | 'full' | 'gone'
  /** The answer has come whole; nothing of it was sent. */
  onAnswered(attempt: Attempt, answer: WholeAnswer, bytes: number): void
  /** The stream is whole; its terminal event was not sent. */
  onStreamEnd(attempt: Attempt, last: Buffer | string): void
  /** Before or after its first byte: `attempt.hasForwarded` tells. */
  onFailed(attempt: Attempt, failure: UpstreamFailure): void
  /** Nothing has come for a while, which is still allowed. */
  onSilence(attempt: Attempt, nowMs: number): void
}

export interface HttpAttemptTools extends AttemptTools {
  upstreamOf(target: Target): Upstream
}

export interface AttemptParts {
  readonly tools: HttpAttemptTools
  readonly request: AuthenticatedRequest
  readonly limits: TimeLimits
  readonly planned: PlannedAttempt<Target>
  readonly translator: Translator
  readonly index: number
  readonly stream: boolean
  readonly showUsage: boolean
  /** Name of the credential that holds what the request continues. */
  readonly pinned: string | undefined
  readonly owner: AttemptOwner
}

/** An upstream may take this long to close a stream after its terminal event, or to finish the body of an error. */
const closingMs = 2_000
const errorBodyBytesMax = 64 << 10

type Phase =
  | 'waiting' // for the head of an answer
  | 'failing' // the answer is an error: its body is read for its words
  | 'unary'
  | 'stream'
  | 'closing' // the caller has it all; the upstream may still say goodbye
  | 'over'

export class Attempt implements UpstreamHandler, DecodedSink, StreamSink, Deadline, RunningAttempt, Metered {
  deadlineSlot = -1
  deadlineTick = 0
  deadlineNext: Deadline | undefined = undefined
  deadlinePrevious: Deadline | undefined = undefined
  readonly planned: PlannedAttempt<Target>
  readonly translator: Translator
  readonly credential: Credential
  readonly index: number
  readonly startedMs: number
  status = 0
  firstByteMs = 0
  /** What the upstream says of the limits of its account, for callers of its own API: names, each with its value behind it. */
  limits: readonly string[] | undefined
  stream: AnswerStream | undefined
  readonly #parts: AttemptParts
  #phase: Phase = 'waiting'
  #call: UpstreamCall | undefined
  #contentType = ''
  #retryAfterMs: number | undefined
  readonly #held = new BodyBuffer()
  /** Of an answer that came compressed. */
  #decoded: DecodedAnswer | undefined

  constructor(parts: AttemptParts) {
    const { planned, translator, pinned, tools } = parts
    this.#parts = parts
    this.planned = planned
    this.translator = translator
    this.index = parts.index
    this.startedMs = tools.clock.monotonicMs()
    this.credential = credentialFor(planned.target, translator, {
      pinned,
      nowMs: this.startedMs,
      chance: tools.chance,
    })
  }

  get target(): Target {
    return this.planned.target
  }

  get operation(): Operation {
    return this.#parts.request.operation
  }

  get estimatedInput(): number {
    return this.translator.estimatedInput ?? Math.ceil(this.#parts.request.body.bytes.length / 4)
  }

  get requestUnits(): BillableUnits | undefined {
    return this.translator.units
  }

  get timing(): AnswerStream['timing'] | undefined {
    return this.stream?.timing
  }

  /** Whether the caller has had a byte of it. */
  get hasForwarded(): boolean {
    return this.stream?.forwarded === true
  }

  start(): void {
    const { tools, request, limits, planned, translator } = this.#parts
    const { target, route } = planned
    const headerLines = headerLinesOf(this.credential, target, translator)
    if (headerLines === undefined) {
      this.#fail(noCredential)
      return
    }
    const { timeouts } = route
    this.#arm(Math.min(limits.leftMs(timeouts, this.startedMs), limits.firstByteMs(timeouts)))
    request.body.sending()
    this.#call = tools.upstreamOf(target).send(
      {
        origin: target.origin,
        method: translator.method ?? 'POST',
        path: translator.path,
        headerLines,
        body: translator.body,
        connectTimeoutMs: timeouts.connectMs,
      },
      this,
    )
  }

  /** Ends it without a word to its owner. */
  abort(): void {
    this.#call?.abort()
    this.#parts.request.body.sent()
    this.#over()
  }

  resume(): void {
    this.#decoded?.resume()
    this.#call?.resume()
  }

  /** Whether its end is still to come. */
  get isRunning(): boolean {
    return this.#phase !== 'over' && this.#phase !== 'closing'
  }

  #fail(failure: UpstreamFailure): void {
    this.#over()
    this.#parts.owner.onFailed(this, failure)
  }

  /** Ends it from our side. */
  #giveUp(failure: UpstreamFailure): void {
    this.#call?.abort()
    this.#parts.request.body.sent()
    this.#fail(failure)
  }

  // ── what the upstream says ───────────────────────────────────────────────────────────────────────────────────────

  onBodySent(): void {
    this.#parts.request.body.sent()
  }

  onHead(head: UpstreamHead): void {
    const { clock } = this.#parts.tools
    this.firstByteMs = clock.monotonicMs()
    this.status = head.status
    this.#contentType = head.header('content-type') ?? ''
    if (this.translator.passesThrough && this.operation.errors === 'anthropic')
      this.limits = head.headersLike?.(anthropicLimits)
    const encoding = head.header('content-encoding')
    if (isEncoded(encoding) && !this.#decodes(encoding)) return
    if (head.status >= 200 && head.status <= 299) {
      this.#openAnswer()
      return
    }
    this.#retryAfterMs = retryAfterMsOf(head, clock.wallMs())
    this.#phase = 'failing'
    this.#arm(closingMs)
  }

  #openAnswer(): void {
    if (this.operation.answersAnyhow !== undefined) this.#openAnyhow(this.operation.answersAnyhow)
    else if (this.#parts.stream) this.#openStream()
    else if (this.#contentType.includes('json')) this.#openUnary()
    else this.#giveUp(brokenAnswer)
  }

  /** The answer itself says what it is, whatever was asked for. */
  #openAnyhow(how: NonNullable<Operation['answersAnyhow']>): void {
    const isRead = how !== 'bytes'
    if (isRead && this.#contentType.startsWith(eventStream)) this.#openStream()
    else if (isRead && this.#contentType.includes('json')) this.#openUnary()
    else if (this.translator.openBytes === undefined) this.#giveUp(brokenAnswer)
    else {
      this.#phase = 'stream'
      this.stream = this.translator.openBytes(this.#contentType || 'application/octet-stream', this.#streamOptions())
    }
  }

  #openUnary(): void {
    this.#phase = 'unary'
    this.#arm(this.#leftMs(this.firstByteMs))
  }

  #openStream(): void {
    if (!this.#contentType.startsWith(this.translator.streamType)) {
      this.#giveUp(brokenAnswer)
      return
    }
    this.#phase = 'stream'
    this.stream = this.translator.openStream(this.#streamOptions())
  }

  #streamOptions(): StreamOptions {
    return { showUsage: this.#parts.showUsage, nowMs: this.firstByteMs, sink: this }
  }

  /** False: nobody can read the encoding. */
  #decodes(encoding: string): boolean {
    this.#decoded = DecodedAnswer.open(encoding, this)
    if (this.#decoded === undefined) this.#giveUp(brokenAnswer)
    return this.#decoded !== undefined
  }

  onData(chunk: Uint8Array): void {
    if (this.#decoded === undefined) this.onDecoded(chunk as Buffer)
    else if (!this.#decoded.push(chunk)) this.#call?.pause()
  }

  onDecoderReady(): void {
    this.#call?.resume()
  }

  onUndecodable(): void {
    this.#decoded = undefined
    if (this.#phase !== 'over') this.#giveUp(brokenAnswer)
  }

  onDecoded(bytes: Buffer): void {
    switch (this.#phase) {
      case 'unary':
        if (this.#held.length + bytes.length > bounds.unaryAnswerBytesMax) this.#giveUp(brokenAnswer)
        else this.#held.push(bytes)
        break
      case 'failing':
        if (this.#held.length + bytes.length <= errorBodyBytesMax) this.#held.push(bytes)
        break
      case 'stream':
        if (this.stream?.push(bytes, this.#parts.tools.clock.monotonicMs()) === 'broken') this.#giveUp(brokenAnswer)
        break
      case 'closing':
        // Bytes after the terminal event: whatever they are, this connection is not to be trusted with another request.
        this.#call?.abort()
        this.#over()
        break
      default:
    }
  }

  onEnd(): void {
    if (this.#decoded === undefined) this.onDecodedEnd()
    else this.#decoded.end()
  }

  onDecodedEnd(): void {
    this.#decoded = undefined
    switch (this.#phase) {
      case 'unary':
        this.#finishUnary()
        break
      case 'failing':
        this.#fail(this.translator.failureOf(this.#errorAnswer()))
        break
      case 'stream':
        if (this.stream?.end() === 'cut') this.#giveUp(cutStream)
        else this.#over()
        break
      case 'closing':
        this.#over()
        break
      default:
    }
  }

  onError(error: UpstreamError): void {
    this.#closeDecoded()
    switch (this.#phase) {
      case 'waiting':
      case 'unary':
        this.#parts.request.body.sent()
        this.#fail(failureOfError(error))
        break
      case 'failing':
        this.#parts.request.body.sent()
        this.#fail(failureOfAnswer(this.#errorAnswer()))
        break
      case 'stream':
        this.#onStreamError(error)
        break
      case 'closing':
        this.#over()
        break
      default:
    }
  }

  #onStreamError(error: UpstreamError): void {
    if (this.stream?.finished === true && this.stream.end() === 'whole') this.#over()
    else this.#giveUp(this.hasForwarded && error.type === 'reset' ? cutStream : failureOfError(error))
  }

  #errorAnswer(): ErrorAnswer {
    return {
      status: this.status,
      contentType: this.#contentType,
      retryAfterMs: this.#retryAfterMs,
      body: this.#held.whole(),
    }
  }

  #finishUnary(): void {
    const bytes = this.#held.whole()
    const answer = this.translator.readAnswer(bytes, this.#contentType)
    if (answer === undefined) {
      this.#fail(brokenAnswer)
      return
    }
    this.#over()
    this.#parts.owner.onAnswered(this, answer, bytes.length)
  }

  // ── what its stream says ─────────────────────────────────────────────────────────────────────────────────────────

  onFirstByte(): void {
    const nowMs = this.#parts.tools.clock.monotonicMs()
    if (!this.#parts.owner.onFirstByte(this)) {
      this.abort()
      return
    }
    this.#arm(Math.min(this.#leftMs(nowMs), keepAliveMs, this.planned.route.timeouts.idleMs))
  }

  onBytes(bytes: Buffer | string): void {
    if (this.#phase !== 'stream') return
    if (this.#parts.owner.onBytes(this, bytes) !== 'full') return
    this.#decoded?.pause()
    this.#call?.pause()
  }

  /** Before the first forwarded byte another target may answer, whatever the error is. */
  onErrorEvent(): void {
    const failure = failureInStream(this.stream?.error, this.stream?.errorMessage)
    this.#giveUp(this.hasForwarded ? failure : { ...failure, condition: failure.condition ?? '5xx' })
  }

  onDone(last: Buffer | string): void {
    if (this.#phase !== 'stream') return
    this.#phase = 'closing'
    this.#arm(closingMs)
    this.#parts.owner.onStreamEnd(this, last)
  }

  // ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  onDue(): void {
    const nowMs = this.#parts.tools.clock.monotonicMs()
    switch (this.#phase) {
      case 'waiting':
      case 'unary':
        this.#giveUp(this.#leftMs(nowMs) <= 0 ? totalTimeout : firstTokenTimeout)
        break
      case 'failing':
        this.#giveUp(failureOfAnswer(this.#errorAnswer()))
        break
      case 'stream':
        this.#checkStream(nowMs)
        break
      case 'closing':
        this.#call?.abort()
        this.#over()
        break
      default:
    }
  }

  #checkStream(nowMs: number): void {
    const { stream } = this
    if (stream === undefined) return
    const { timeouts } = this.planned.route
    const allowedMs = stream.forwarded ? timeouts.idleMs : this.#parts.limits.firstTokenMs(timeouts)
    const idleMs = nowMs - stream.lastEventMs
    if (this.#leftMs(nowMs) <= 0) this.#giveUp(totalTimeout)
    else if (idleMs >= allowedMs) this.#giveUp(stream.forwarded ? idleTimeout : firstTokenTimeout)
    else {
      this.#parts.owner.onSilence(this, nowMs)
      this.#arm(Math.min(this.#leftMs(nowMs), keepAliveMs, allowedMs - idleMs))
    }
  }

  #leftMs(nowMs: number): number {
    return this.#parts.limits.leftMs(this.planned.route.timeouts, nowMs)
  }

  #arm(inMs: number): void {
    this.#parts.tools.timers.arm(this, inMs)
  }

  #closeDecoded(): void {
    this.#decoded?.close()
    this.#decoded = undefined
  }

  #over(): void {
    this.#phase = 'over'
    this.#call = undefined
    this.#closeDecoded()
    this.#held.clear()
    this.#parts.tools.timers.cancel(this)
  }
}

const anthropicLimits = 'anthropic-ratelimit-'
