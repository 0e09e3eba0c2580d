// One request on its way through upstreams: attempts, retries and fallbacks until one of them answers, then the relay of
// that answer, then one record. Everything before the first forwarded byte may be tried again; nothing after it is.

import { bounds } from '../../../shared/bounds.ts'
import type { Usage } from '../../../shared/chat/usage.ts'
import type { Chance, Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { AttemptOutcome, AttemptRecord, RequestRecord } from '../../../shared/telemetry/records.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import { costOfAnswer, isUnpriced, noTokens, nothingUsed } from '../accounting/attempt-cost.ts'
import { attemptRecord, type Ending, requestRecord } from '../accounting/request-records.ts'
import { printErrorEvent } from '../dialects/error-shapes.ts'
import { errorAnswer } from '../errors/error-answer.ts'
import { errorRow, type GatewayError, ineligibleError } from '../errors/error-table.ts'
import {
  brokenAnswer,
  cutStream,
  errorEvent,
  failureInStream,
  failureOfError,
  failureOfStatus,
  firstTokenTimeout,
  forwardedError,
  idleTimeout,
  noCredential,
  retryAfterMsOf,
  totalTimeout,
  type UpstreamFailure,
} from '../errors/upstream-failure.ts'
import type { Reply } from '../http/http.ts'
import { backOff, type Credential, recovered } from '../providers/credential.ts'
import type { Target } from '../providers/endpoint.ts'
import { BodyLease } from '../request/body-lease.ts'
import type { PlannedAttempt } from '../routing/attempt-plan.ts'
import type { Timeouts } from '../routing/model-route.ts'
import type { Deadline, TimerWheel } from '../routing/timer-wheel.ts'
import {
  type AnswerStream,
  eventStream,
  keepAliveMs,
  type StreamEvents,
  type StreamOptions,
  type StreamTokens,
} from '../streams/answer-stream.ts'
import type { ErrorAnswer, Ineligible, Translator } from '../translators/translator.ts'
import { DecodedAnswer, type DecodedSink, isEncoded } from '../upstream/decoded-answer.ts'
import type { Upstream, UpstreamCall, UpstreamError, UpstreamHandler, UpstreamHead } from '../upstream/upstream.ts'
import { credentialFor, headerLinesOf } from './authorize-attempt.ts'
import { BodyBuffer } from './body-buffer.ts'
import type { TransitPlan } from './dispatch-plan.ts'
import { type AnswerFacts, answerHeaders } from './response-headers.ts'

/** What a request needs of the node it runs on. */
export interface TransitTools {
  readonly clock: Clock
  readonly chance: Chance
  readonly notify: Notify
  readonly deadlines: TimerWheel
  readonly recorder: RecordSink
  upstreamOf(target: Target): Upstream
}

export interface RecordSink {
  /** Runs `flush` once the records are in the spool, within this turn of the event loop. */
  finish(request: RequestRecord, attempts: readonly AttemptRecord[], flush: () => void): void
}

/** How long an upstream may take to close a stream after its terminal event, or to finish an error body. */
const closingMs = 2_000
/** A wait longer than this is the caller's to make, not ours. */
const retryWaitMsMax = 1_000
const errorBodyBytesMax = 64 << 10

type Phase =
  | 'waiting' // for the head of an answer
  | 'failing' // the answer is an error: its body is read for its words
  | 'unary'
  | 'stream'
  | 'pausing' // between two attempts
  | 'closing' // the caller has it all; the upstream may still say goodbye
  | 'over'

export class Transit implements UpstreamHandler, DecodedSink, StreamEvents, Deadline {
  deadlineSlot = -1
  deadlineRounds = 0
  readonly #tools: TransitTools
  readonly #plan: TransitPlan
  readonly #reply: Reply
  #phase: Phase = 'waiting'
  #step: PlannedAttempt<Target> | undefined
  #credential: Credential | undefined
  #call: UpstreamCall | undefined
  #translator: Translator | undefined
  /** Of the step that comes next. */
  #nextTranslator: Translator | undefined
  /** Why the first target that was passed over could not take the request. */
  #ineligible: Ineligible | undefined
  #attempts = 0
  #smallestWaitMs = Number.POSITIVE_INFINITY
  #everyAttemptLimited = true
  /** Of attempts that failed; the last one joins them when the request ends. */
  #failedRecords: AttemptRecord[] | undefined
  #attemptStartedMs = 0
  #firstByteMs = 0
  /** Time spent waiting for upstreams, without the relay of a stream. */
  #upstreamMs = 0
  #status = 0
  #contentType = ''
  #retryAfterMs: number | undefined
  /** As Anthropic tells them, for callers of its own API. */
  #limits: string[] | undefined
  readonly #held = new BodyBuffer()
  #stream: AnswerStream | undefined
  /** Of an answer that came compressed. */
  #decoded: DecodedAnswer | undefined
  #firstForwardMs = 0
  readonly #body: BodyLease
  #inFlight = false

  constructor(tools: TransitTools, plan: TransitPlan, reply: Reply) {
    this.#tools = tools
    this.#plan = plan
    this.#reply = reply
    this.#body = new BodyLease(plan.body)
    reply.onGone = () => this.#onCallerGone()
    reply.onWritable = () => {
      this.#decoded?.resume()
      this.#call?.resume()
    }
  }

  start(): void {
    const step = this.#next()
    if (step !== undefined) this.#attempt(step)
    else this.#refuse(this.#noTarget())
  }

  // ── attempts ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #noTarget(): GatewayError {
    const { model } = this.#plan
    const ineligible = this.#ineligible
    if (ineligible === undefined) return { type: 'no-target', model }
    return ineligibleError(ineligible, { model, models: this.#plan.modelsThatCould(ineligible) })
  }

  /** The next step whose target can take the request; those that cannot cost no attempt. */
  #next(): PlannedAttempt<Target> | undefined {
    const { attemptPlan, translators } = this.#plan
    for (;;) {
      const step = attemptPlan.next()
      if (step === undefined) return undefined
      const translator = translators.to(step.target, step.route.strict)
      if (translator.ok) {
        this.#nextTranslator = translator.value
        return step
      }
      this.#ineligible ??= translator.error
      attemptPlan.passOver(step)
    }
  }

  #attempt(step: PlannedAttempt<Target>): void {
    const { target } = step
    const translator = this.#nextTranslator!
    this.#translator = translator
    this.#step = step
    this.#phase = 'waiting'
    this.#attempts++
    this.#status = 0
    this.#firstByteMs = 0
    this.#stream = undefined
    this.#closeDecoded()
    this.#attemptStartedMs = this.#tools.clock.monotonicMs()
    const { chance } = this.#tools
    const pinned = this.#plan.state?.pin?.credential
    const credential = credentialFor(target, translator, { pinned, nowMs: this.#attemptStartedMs, chance })
    this.#credential = credential
    this.#inFlight = true
    target.health.inFlight++
    this.#tools.deadlines.arm(this, this.#timeLeft(this.#firstByteMsMax(step.route.timeouts)))
    const headerLines = headerLinesOf(credential, target, translator)
    if (headerLines === undefined) {
      this.#call = undefined
      this.#giveUp(noCredential)
      return
    }
    this.#body.sending()
    this.#call = this.#tools.upstreamOf(target).send(
      {
        origin: target.origin,
        method: translator.method ?? 'POST',
        path: translator.path,
        headerLines,
        body: translator.body,
        connectTimeoutMs: step.route.timeouts.connectMs,
      },
      this,
    )
  }

  #fail(failure: UpstreamFailure): void {
    const nowMs = this.#tools.clock.monotonicMs()
    const { target } = this.#step!
    this.#leaveTarget(failure.error === forwardedError)
    this.#upstreamMs += nowMs - this.#attemptStartedMs
    this.#keepFailed(this.#attemptRecord(failure.outcome, noTokens, nowMs))
    if (failure.condition === 'auth') this.#onAuthRefused()
    if (failure.condition === '429') {
      this.#smallestWaitMs = Math.min(this.#smallestWaitMs, failure.retryAfterMs ?? retryWaitMsMax)
    } else this.#everyAttemptLimited = false
    const next = this.#nextAfter(failure, target)
    if (next !== undefined) this.#tryAgain(next, failure)
    else if (this.#everyAttemptLimited) this.#refuse({ type: 'upstream-limited', retryAfterMs: this.#smallestWaitMs })
    else this.#refuse(failure.error)
  }

  /** Ends the attempt from our side. */
  #giveUp(failure: UpstreamFailure): void {
    this.#call?.abort()
    this.#body.sent()
    this.#fail(failure)
  }

  /** The step that follows a failure, undefined when there is none or no time for it. */
  #nextAfter(failure: UpstreamFailure, target: Target): PlannedAttempt<Target> | undefined {
    const { attemptPlan } = this.#plan
    const { condition } = failure
    if (condition === undefined || this.#reply.gone || this.#timeLeft(1) <= 0) return undefined
    if (condition === '409' && !attemptPlan.retries(condition)) return undefined
    if (condition !== 'auth' && !attemptPlan.retries(condition)) attemptPlan.leaveRoute()
    for (;;) {
      const step = this.#next()
      if (step === undefined) return undefined
      const same = step.target === target
      // The same target would refuse our only credential again, and limits us for as long as it said.
      if (same && condition === 'auth' && target.credentials.length === 1) continue
      if (same && (failure.retryAfterMs ?? 0) > retryWaitMsMax) continue
      return step
    }
  }

  #tryAgain(step: PlannedAttempt<Target>, failure: UpstreamFailure): void {
    if (step.repeats === 0) {
      this.#attempt(step)
      return
    }
    // Full jitter (Brooker, 2015), so that requests that failed together do not come back together.
    const backoffMs = this.#tools.chance() * Math.min(retryWaitMsMax, 100 * 2 ** step.repeats)
    this.#step = step
    this.#phase = 'pausing'
    this.#tools.deadlines.arm(this, Math.max(failure.retryAfterMs ?? 0, backoffMs))
  }

  #onAuthRefused(): void {
    const { provider } = this.#step!.target
    const { name: credential, health: standing, renew } = this.#credential!
    backOff(standing, this.#tools.clock.monotonicMs())
    renew?.()
    // Without a status it was never shown: whoever keeps it has told why.
    if (this.#status === 0) return
    this.#tools.notify({ type: 'upstream-auth-refused', provider, credential, status: this.#status })
  }

  // ── what the upstream says ───────────────────────────────────────────────────────────────────────────────────────

  onBodySent(): void {
    this.#body.sent()
  }

  onHead(head: UpstreamHead): void {
    this.#firstByteMs = this.#tools.clock.monotonicMs()
    this.#status = head.status
    this.#contentType = head.header('content-type') ?? ''
    this.#held.clear()
    if (this.#translator!.passesThrough && this.#plan.route.errors === 'anthropic')
      this.#limits = head.headersLike?.(anthropicLimits)
    const encoding = head.header('content-encoding')
    if (isEncoded(encoding) && !this.#decodes(encoding)) return
    if (head.status < 200 || head.status > 299) {
      this.#retryAfterMs = retryAfterMsOf(head, this.#tools.clock.wallMs())
      this.#phase = 'failing'
      this.#tools.deadlines.arm(this, closingMs)
    } else if (this.#plan.route.answersAnyhow !== undefined) this.#openAnyhow()
    else if (this.#plan.stream) this.#openStream()
    else if (this.#contentType.includes('json')) this.#openUnary()
    else this.#giveUp(brokenAnswer)
  }

  /** The answer itself says what it is, whatever was asked for. */
  #openAnyhow(): void {
    const isRead = this.#plan.route.answersAnyhow !== 'bytes'
    if (isRead && this.#contentType.startsWith(eventStream)) this.#openStream()
    else if (isRead && this.#contentType.includes('json')) this.#openUnary()
    else if (this.#translator!.openBytes === undefined) this.#giveUp(brokenAnswer)
    else {
      this.#phase = 'stream'
      this.#stream = this.#translator!.openBytes(this.#contentType || 'application/octet-stream', this.#streamOptions())
    }
  }

  #openUnary(): void {
    this.#phase = 'unary'
    this.#tools.deadlines.arm(this, this.#timeLeft(Number.POSITIVE_INFINITY))
  }

  /** False: nobody can read it. */
  #decodes(encoding: string): boolean {
    this.#decoded = DecodedAnswer.open(encoding, this)
    if (this.#decoded === undefined) this.#giveUp(brokenAnswer)
    return this.#decoded !== undefined
  }

  #closeDecoded(): void {
    this.#decoded?.close()
    this.#decoded = undefined
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
    if (this.#phase === 'stream') this.#streamFailed(brokenAnswer)
    else this.#giveUp(brokenAnswer)
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
        if (this.#stream!.push(bytes, this.#tools.clock.monotonicMs()) === 'broken') this.#streamFailed(brokenAnswer)
        break
      case 'closing':
        // Bytes after the terminal event: whatever it is, this connection is not to be trusted with another request.
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
        this.#fail(this.#translator!.failureOf(this.#errorAnswer(this.#held.whole())))
        break
      case 'stream':
        if (this.#stream!.end() === 'cut') this.#streamFailed(cutStream)
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
        this.#body.sent()
        this.#fail(failureOfError(error))
        break
      case 'failing':
        // Its words are lost, what it means is not.
        this.#body.sent()
        this.#fail(failureOfStatus(this.#status, this.#retryAfterMs))
        break
      case 'stream':
        if (this.#stream!.finished && this.#stream!.end() === 'whole') this.#over()
        else this.#streamFailed(this.#hasForwarded && error.type === 'reset' ? cutStream : failureOfError(error))
        break
      case 'closing':
        this.#over()
        break
      default:
    }
  }

  #errorAnswer(body: Buffer): ErrorAnswer {
    return { status: this.#status, contentType: this.#contentType, retryAfterMs: this.#retryAfterMs, body }
  }

  // ── unary ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #finishUnary(): void {
    const nowMs = this.#tools.clock.monotonicMs()
    const bytes = this.#held.whole()
    this.#held.clear()
    const answer = this.#translator!.readAnswer(bytes, this.#contentType)
    if (answer === undefined) {
      this.#fail(brokenAnswer)
      return
    }
    const { tokens, estimated } = this.#tokensOf(answer.usage, bytes)
    this.#upstreamMs += nowMs - this.#attemptStartedMs
    this.#leaveTarget(true)
    const { units: measure } = answer
    const attempt = this.#attemptRecord('ok', tokens, nowMs, measure)
    const unpriced = isUnpriced(this.#step!.target, { tokens, measure, isMeasured: this.#isMeasured })
    const cost = unpriced ? undefined : attempt.costNanoUsd
    const headers = answerHeaders(this.#facts(nowMs, cost), answer.contentType)
    const status = this.#status
    this.#over()
    const ending: Ending = { status: 'ok', httpStatus: status, errorCode: '', tokens, estimated, unpriced, measure }
    this.#record(ending, attempt, nowMs, () =>
      this.#kept(answer.body, (body) => this.#reply.send(status, headers, body)),
    )
  }

  #tokensOf(usage: Usage | undefined, bytes: Buffer): StreamTokens {
    if (this.#plan.route.counts !== undefined) return nothingUsed
    if (usage !== undefined) return { tokens: usage, estimated: false }
    if (this.#isMeasured) return nothingUsed
    const input = this.#estimatedInput()
    return { tokens: { input, output: Math.ceil(bytes.length / 4), cached: 0 }, estimated: true }
  }

  // ── streams ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #openStream(): void {
    const translator = this.#translator!
    if (!this.#contentType.startsWith(translator.streamType)) {
      this.#giveUp(brokenAnswer)
      return
    }
    this.#phase = 'stream'
    this.#stream = translator.openStream(this.#streamOptions())
  }

  #streamOptions(): StreamOptions {
    return { showUsage: this.#plan.showUsage, reply: this.#reply, nowMs: this.#firstByteMs, events: this }
  }

  onFirstByte(): void {
    const nowMs = this.#tools.clock.monotonicMs()
    this.#firstForwardMs = nowMs
    this.#body.notNeeded()
    this.#upstreamMs += nowMs - this.#attemptStartedMs
    const headers = answerHeaders(this.#facts(nowMs, undefined), this.#stream!.contentType)
    headers.push('cache-control', 'no-cache', 'x-accel-buffering', 'no')
    this.#reply.begin(this.#status, headers)
    this.#tools.deadlines.arm(this, this.#timeLeft(Math.min(keepAliveMs, this.#step!.route.timeouts.idleMs)))
  }

  onFull(): void {
    this.#decoded?.pause()
    this.#call?.pause()
  }

  onErrorEvent(): void {
    this.#streamFailed(failureInStream(this.#stream?.error))
  }

  onDone(last: Buffer | string): void {
    const nowMs = this.#tools.clock.monotonicMs()
    const used = this.#usedSoFar()
    this.#leaveTarget(true)
    const attempt = this.#attemptRecord('ok', used.tokens, nowMs, used.measure)
    this.#phase = 'closing'
    this.#tools.deadlines.arm(this, closingMs)
    const ending: Ending = { status: 'ok', httpStatus: this.#status, errorCode: '', ...used }
    const flush = (bytes: Buffer | string) => {
      if (bytes.length > 0) this.#reply.write(bytes)
      this.#reply.end()
    }
    this.#record(ending, attempt, nowMs, () => this.#kept(last, flush))
  }

  /** Before the first forwarded byte a failed stream is one more failed attempt; after it the caller is told in the
   *  stream, and gets no terminal event. */
  #streamFailed(failure: UpstreamFailure): void {
    this.#call?.abort()
    this.#body.sent()
    if (!this.#hasForwarded) {
      this.#fail({ ...failure, condition: failure.condition ?? '5xx' })
      return
    }
    const nowMs = this.#tools.clock.monotonicMs()
    const used = this.#usedSoFar()
    this.#leaveTarget(false)
    const attempt = this.#attemptRecord(failure.outcome, used.tokens, nowMs, used.measure)
    const { code } = errorRow(failure.error)
    const event = this.#errorEvent(failure.error)
    const opaque = this.#stream?.opaque === true
    this.#over()
    const ending: Ending = { status: 'cut', httpStatus: 200, errorCode: code ?? '', ...used }
    this.#record(ending, attempt, nowMs, () => {
      if (opaque) {
        this.#reply.abort()
        return
      }
      this.#reply.write(event)
      this.#reply.end()
    })
  }

  /** Lets the last bytes of an answer go, once it is stored where it shall be. */
  #kept(last: Buffer | string, send: (bytes: Buffer | string) => void): void {
    const keeper = this.#plan.state?.keeper
    if (keeper === undefined || last.length === 0) {
      send(last)
      return
    }
    const { target } = this.#step!
    const { passesThrough } = this.#translator!
    void keeper
      .keep(last, { target, credential: this.#credential!, passesThrough, streamed: this.#stream !== undefined })
      .catch((error: Error) => {
        this.#tools.notify({ type: 'handler-threw', where: 'stored responses', message: error.stack ?? error.message })
        return last
      })
      .then(send)
  }

  #errorEvent(refusal: GatewayError): string {
    const { requestId, route } = this.#plan
    const said = refusal === errorEvent ? this.#stream?.errorMessage : undefined
    const { type, code, message, param, status } = errorRow(refusal)
    const facts = { status, type, code, message: said ?? message, param }
    const failure = this.#stream?.failure(code ?? type, facts.message)
    return failure ?? printErrorEvent(route.errors, facts, requestId)
  }

  /** Of an answer that is not a whole one: what its stream told, and the input alone where there was none. */
  #usedSoFar(): Used {
    const { tokens, estimated } = this.#tokensSoFar()
    // What tokens do not tell was used once there is a stream.
    const measure = this.#isMeasured && this.#stream ? (this.#stream.units ?? this.#translator!.units) : undefined
    const unpriced = isUnpriced(this.#step!.target, { tokens, measure, isMeasured: this.#isMeasured })
    return { tokens, estimated, unpriced, measure }
  }

  #usedNothing(): Used {
    const priced = { tokens: noTokens, measure: undefined, isMeasured: this.#isMeasured }
    return { ...nothingUsed, measure: undefined, unpriced: isUnpriced(this.#step!.target, priced) }
  }

  #tokensSoFar(): StreamTokens {
    if (this.#isMeasured) {
      const told = this.#stream?.tokens(0)
      return told === undefined || told.estimated ? nothingUsed : told
    }
    const input = this.#estimatedInput()
    return this.#stream?.tokens(input) ?? { tokens: { input, output: 0, cached: 0 }, estimated: true }
  }

  /** Its tokens are told or there are none. */
  get #isMeasured(): boolean {
    return this.#plan.route.units !== undefined
  }

  // ── time, and callers who leave ──────────────────────────────────────────────────────────────────────────────────

  onDue(): void {
    switch (this.#phase) {
      case 'pausing':
        this.#attempt(this.#step!)
        break
      case 'waiting':
      case 'unary':
        this.#giveUp(this.#timeLeft(1) <= 0 ? totalTimeout : firstTokenTimeout)
        break
      case 'failing':
        this.#giveUp(failureOfStatus(this.#status, this.#retryAfterMs))
        break
      case 'stream':
        this.#checkStream(this.#tools.clock.monotonicMs())
        break
      case 'closing':
        this.#call?.abort()
        this.#over()
        break
      default:
    }
  }

  #checkStream(nowMs: number): void {
    const { timeouts } = this.#step!.route
    const stream = this.#stream!
    const allowedMs = stream.forwarded ? timeouts.idleMs : this.#firstTokenMs(timeouts)
    const idleMs = stream.idleMs(nowMs)
    if (this.#timeLeft(1) <= 0) this.#streamFailed(totalTimeout)
    else if (idleMs >= allowedMs) this.#streamFailed(stream.forwarded ? idleTimeout : firstTokenTimeout)
    else {
      stream.keepAlive(nowMs)
      this.#tools.deadlines.arm(this, this.#timeLeft(Math.min(keepAliveMs, allowedMs - idleMs)))
    }
  }

  #onCallerGone(): void {
    if (this.#phase === 'over' || this.#phase === 'closing') return
    this.#call?.abort()
    this.#body.sent()
    const nowMs = this.#tools.clock.monotonicMs()
    const waiting = this.#phase !== 'pausing'
    if (!this.#hasForwarded && waiting) this.#upstreamMs += nowMs - this.#attemptStartedMs
    const used = waiting ? this.#usedSoFar() : this.#usedNothing()
    this.#leaveTarget(undefined)
    const attempt = waiting ? this.#attemptRecord('aborted', used.tokens, nowMs, used.measure) : undefined
    const httpStatus = this.#hasForwarded ? this.#status : 0
    this.#over()
    this.#record({ status: 'client-aborted', httpStatus, errorCode: '', ...used }, attempt, nowMs, nothing)
  }

  #firstTokenMs(timeouts: Timeouts): number {
    return this.#plan.firstTokenMs ?? timeouts.firstTokenMs
  }

  /** A unary answer comes when all of it is made, so only a limit that somebody set applies to its first byte. */
  #firstByteMsMax(timeouts: Timeouts): number {
    if (this.#plan.stream || timeouts.firstTokenIsSet) return this.#firstTokenMs(timeouts)
    return this.#plan.firstTokenMs ?? timeouts.totalMs
  }

  /** `ms`, or what is left of the request's whole time when that is less. */
  #timeLeft(ms: number): number {
    const totalMs = this.#plan.totalMs ?? this.#step?.route.timeouts.totalMs ?? Number.POSITIVE_INFINITY
    const leftMs = totalMs - (this.#tools.clock.monotonicMs() - this.#plan.startedMs)
    return Math.min(leftMs, ms)
  }

  // ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #refuse(refusal: GatewayError): void {
    const nowMs = this.#tools.clock.monotonicMs()
    const { requestId, route } = this.#plan
    const answer =
      refusal === forwardedError
        ? this.#translator!.forwardError(this.#errorAnswer(this.#held.whole()), requestId)
        : errorAnswer(refusal, { requestId, shape: route.errors, chance: this.#tools.chance })
    const facts = answerHeaders(this.#facts(nowMs, undefined), '').slice(factsFrom)
    const errorCode = refusal === forwardedError ? 'upstream_refused' : (errorRow(refusal).code ?? '')
    this.#over()
    const ending: Ending = {
      status: 'failed',
      httpStatus: answer.status,
      errorCode,
      tokens: noTokens,
      estimated: false,
    }
    this.#record(ending, undefined, nowMs, () =>
      this.#reply.send(answer.status, [...answer.headers, ...facts], answer.body),
    )
  }

  #facts(nowMs: number, costNanoUsd: number | undefined): AnswerFacts {
    const { requestId, revisionText, startedMs } = this.#plan
    return {
      requestId,
      revisionText,
      target: this.#step?.target,
      dropped: this.#translator?.dropped ?? '',
      requestIdToo: this.#plan.route.errors === 'anthropic',
      limits: this.#limits,
      attempts: this.#attempts,
      fallbackIndex: this.#step?.fallbackIndex ?? 0,
      upstreamMs: this.#upstreamMs,
      overheadMs: nowMs - startedMs - this.#upstreamMs,
      costNanoUsd,
    }
  }

  #record(ending: Ending, last: AttemptRecord | undefined, nowMs: number, flush: () => void): void {
    const attempts = this.#failedRecords ?? []
    if (last !== undefined) attempts.push(last)
    const record = requestRecord(this.#plan, ending, {
      attempts,
      attemptCount: this.#attempts,
      fallbackIndex: this.#step?.fallbackIndex ?? 0,
      nowMs,
      upstreamMs: this.#upstreamMs,
      firstForwardMs: this.#hasForwarded ? this.#firstForwardMs : undefined,
      firstTokenMs: this.#stream?.timing.firstTokenMs ?? 0,
    })
    this.#tools.recorder.finish(record, attempts, flush)
  }

  #attemptRecord(
    outcome: AttemptOutcome,
    tokens: StreamTokens['tokens'],
    nowMs: number,
    measure?: BillableUnits,
  ): AttemptRecord {
    const { target, route, latency, trafficShare: share, sharesRevision } = this.#step!
    const record = attemptRecord(this.#plan, {
      outcome,
      tokens,
      nowMs,
      target,
      model: route.model,
      index: this.#attempts - 1,
      costNanoUsd: costOfAnswer(target, tokens, measure),
      upstreamStatus: this.#status,
      startedMs: this.#attemptStartedMs,
      firstByteMs: this.#firstByteMs,
      relay: this.#stream?.timing,
      share,
      sharesRevision,
    })
    latency?.learn(record, nowMs)
    return record
  }

  #keepFailed(record: AttemptRecord): void {
    if (this.#failedRecords === undefined) this.#failedRecords = [record]
    else this.#failedRecords.push(record)
  }

  /** `ok` undefined: the caller left, which says nothing about the target. */
  #leaveTarget(ok: boolean | undefined): void {
    if (!this.#inFlight) return
    this.#inFlight = false
    const { health: load } = this.#step!.target
    load.inFlight--
    if (ok === true) {
      load.failuresInRow = 0
      recovered(this.#credential!.health)
    } else if (ok === false) load.failuresInRow++
  }

  get #hasForwarded(): boolean {
    return this.#stream?.forwarded === true
  }

  #estimatedInput(): number {
    return this.#translator?.estimatedInput ?? Math.ceil(this.#plan.body.bytes.length / 4)
  }

  #over(): void {
    this.#phase = 'over'
    this.#call = undefined
    this.#closeDecoded()
    this.#held.clear()
    this.#tools.deadlines.cancel(this)
    this.#body.notNeeded()
  }
}

type Used = Pick<Ending, 'tokens' | 'estimated' | 'unpriced' | 'measure'>

const nothing = () => {}
const anthropicLimits = 'anthropic-ratelimit-'
/** Content type and request id come first; a refusal has its own. */
const factsFrom = 4
