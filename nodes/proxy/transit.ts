// One request on its way through upstreams: attempts, retries and fallbacks until one of them answers, then the relay of
// that answer, then one record. Everything before the first forwarded byte may be tried again; nothing after it is.
import type { Chance, Clock } from '../../shared/clock.ts'
import type { RetryCondition } from '../../shared/config/kinds.ts'
import { limits } from '../../shared/limits.ts'
import type { Notify } from '../../shared/notice.ts'
import type {
  AttemptOutcome,
  AttemptRecord,
  RequestRecord,
  RequestStatus,
  TokenCounts,
} from '../../shared/telemetry/records.ts'
import { type AnswerFacts, answerHeaders } from './answer-headers.ts'
import type { Caller } from './auth/callers.ts'
import type { Body, Reply } from './http/http.ts'
import type { OpenAiRoute } from './providers/dialects/openai-routes.ts'
import { ChatStreamWatch, ResponsesStreamWatch, type StreamWatch } from './providers/dialects/openai-stream.ts'
import { findUsage } from './providers/dialects/openai-usage.ts'
import { type Credential, costOf, type Endpoint } from './providers/endpoint.ts'
import { type Refusal, refusalAnswer, rowOf } from './refusals.ts'
import { StreamRelay } from './relay/stream-relay.ts'
import type { Deadline, Deadlines } from './routing/deadlines.ts'
import type { Itinerary, Step } from './routing/itinerary.ts'
import type { Timeouts } from './routing/route.ts'
import type { Upstream, UpstreamCall, UpstreamError, UpstreamHandler, UpstreamHead } from './upstream/upstream.ts'

/** What a request needs of the node it runs on. */
export interface TransitTools {
  readonly clock: Clock
  readonly chance: Chance
  readonly notify: Notify
  readonly deadlines: Deadlines
  readonly recorder: RecordSink
  upstreamOf(endpoint: Endpoint): Upstream
}

export interface RecordSink {
  /** Runs `flush` once the records are in the spool, within this turn of the event loop. */
  finish(request: RequestRecord, attempts: readonly AttemptRecord[], flush: () => void): void
}

/** What is known of a request before its first attempt. */
export interface TransitPlan {
  readonly requestId: string
  readonly arrivedAtMs: number
  readonly startedMs: number
  readonly route: OpenAiRoute
  readonly caller: Caller
  readonly model: string
  readonly revision: number
  readonly revisionText: string
  readonly stream: boolean
  /** Whether the caller asked for the usage chunk of a stream. */
  readonly showUsage: boolean
  readonly user: string
  readonly itinerary: Itinerary<Endpoint>
  /** Header lines of the caller that go on to the upstream. */
  readonly forwardedLines: string
  /** The body as the upstream shall see it, with its model's name in it. */
  bodyFor(targetModel: string): readonly Uint8Array[]
  readonly body: Body
  readonly totalMs: number | undefined
  readonly firstTokenMs: number | undefined
}

const keepAliveMs = 15_000
const keepAliveComment = Buffer.from(': keep-alive\n\n')
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

interface Failure {
  readonly outcome: AttemptOutcome
  readonly condition: RetryCondition | 'auth' | undefined
  readonly refusal: Refusal
  readonly status: number
  readonly retryAfterMs?: number | undefined
}

export class Transit implements UpstreamHandler, Deadline {
  deadlineSlot = -1
  deadlineRounds = 0
  readonly #tools: TransitTools
  readonly #plan: TransitPlan
  readonly #reply: Reply
  #phase: Phase = 'waiting'
  #step: Step<Endpoint> | undefined
  #call: UpstreamCall | undefined
  #attempts = 0
  #smallestWaitMs = Number.POSITIVE_INFINITY
  #everyAttemptLimited = true
  /** Of attempts that failed; the last one is added when the request ends. */
  #records: AttemptRecord[] | undefined
  #attemptStartedMs = 0
  #firstByteMs = 0
  #upstreamMs = 0
  #status = 0
  #contentType = ''
  #retryAfterMs: number | undefined
  #chunks: Buffer[] = []
  #chunkBytes = 0
  #relay: StreamRelay | undefined
  #watch: StreamWatch | undefined
  #forwarded = false
  #lastWriteMs = 0
  #firstForwardMs = 0
  #bodySent = true
  #bodyNeeded = true
  #inFlight = false

  constructor(tools: TransitTools, plan: TransitPlan, reply: Reply) {
    this.#tools = tools
    this.#plan = plan
    this.#reply = reply
    reply.onGone = () => this.#onCallerGone()
    reply.onWritable = () => this.#call?.resume()
  }

  start(): void {
    const step = this.#plan.itinerary.next()
    if (step === undefined) this.#refuse({ type: 'no-target', model: this.#plan.model })
    else this.#attempt(step)
  }

  // ── attempts ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #attempt(step: Step<Endpoint>): void {
    const { endpoint } = step
    const { clock, deadlines } = this.#tools
    this.#step = step
    this.#phase = 'waiting'
    this.#attempts++
    this.#status = 0
    this.#firstByteMs = 0
    this.#attemptStartedMs = clock.monotonicMs()
    this.#inFlight = true
    endpoint.load.inFlight++
    deadlines.arm(this, this.#timeLeft(this.#firstByteMsMax(step.route.timeouts)))
    this.#bodySent = false
    const credential = this.#pickCredential(endpoint)
    this.#call = this.#tools.upstreamOf(endpoint).send(
      {
        origin: endpoint.origin,
        method: 'POST',
        path: endpoint.basePath + this.#plan.route.upstreamPath,
        headerLines: credential.headerLines + this.#plan.forwardedLines,
        body: this.#plan.bodyFor(endpoint.model),
        connectTimeoutMs: step.route.timeouts.connectMs,
      },
      this,
    )
  }

  #pickCredential({ credentials }: Endpoint): Credential {
    if (credentials.length === 1) return credentials[0]!
    let drawn = this.#tools.chance() * credentials.reduce((sum, { weight }) => sum + weight, 0)
    for (const credential of credentials) {
      drawn -= credential.weight
      if (drawn < 0) return credential
    }
    return credentials[credentials.length - 1]!
  }

  #fail(failure: Failure): void {
    const nowMs = this.#tools.clock.monotonicMs()
    const { endpoint } = this.#step!
    this.#leaveEndpoint(failure.refusal === passedOn)
    this.#upstreamMs += nowMs - this.#attemptStartedMs
    this.#keepRecord(this.#attemptRecord(failure.outcome, noTokens, 0, nowMs))
    if (failure.condition === '429') {
      this.#smallestWaitMs = Math.min(this.#smallestWaitMs, failure.retryAfterMs ?? retryWaitMsMax)
    } else this.#everyAttemptLimited = false
    const next = this.#nextAfter(failure, endpoint)
    if (next !== undefined) return this.#tryAgain(next, failure)
    this.#refuse(
      this.#everyAttemptLimited ? { type: 'upstream-limited', retryAfterMs: this.#smallestWaitMs } : failure.refusal,
    )
  }

  /** The step that follows a failure, undefined when there is none or no time for it. */
  #nextAfter(failure: Failure, endpoint: Endpoint): Step<Endpoint> | undefined {
    const { itinerary } = this.#plan
    if (failure.condition === undefined || this.#reply.gone || this.#timeLeft(1) <= 0) return undefined
    if (failure.condition !== 'auth' && !itinerary.retries(failure.condition)) itinerary.leaveRoute()
    for (;;) {
      const step = itinerary.next()
      if (step === undefined) return undefined
      // The same endpoint would refuse our credentials again, and limits us for as long as it said.
      const same = step.endpoint === endpoint
      if (same && failure.condition === 'auth') continue
      if (same && (failure.retryAfterMs ?? 0) > retryWaitMsMax) continue
      return step
    }
  }

  #tryAgain(step: Step<Endpoint>, failure: Failure): void {
    if (step.repeats === 0) return this.#attempt(step)
    // Full jitter (Brooker, 2015), so that requests that failed together do not come back together.
    const backoffMs = this.#tools.chance() * Math.min(retryWaitMsMax, 100 * 2 ** step.repeats)
    this.#step = step
    this.#phase = 'pausing'
    this.#tools.deadlines.arm(this, Math.max(failure.retryAfterMs ?? 0, backoffMs))
  }

  // ── what the upstream says ───────────────────────────────────────────────────────────────────────────────────────

  onBodySent(): void {
    this.#bodySent = true
    this.#releaseBody()
  }

  onHead(head: UpstreamHead): void {
    this.#firstByteMs = this.#tools.clock.monotonicMs()
    this.#status = head.status
    this.#contentType = head.header('content-type') ?? ''
    this.#chunks = []
    this.#chunkBytes = 0
    if (head.status < 200 || head.status > 299) {
      this.#retryAfterMs = retryAfterMs(head, this.#tools.clock.wallMs())
      this.#phase = 'failing'
      this.#tools.deadlines.arm(this, closingMs)
      return
    }
    const isStream = this.#contentType.startsWith('text/event-stream')
    if (isStream !== this.#plan.stream || (!isStream && !this.#contentType.includes('json'))) {
      this.#phase = 'failing'
      return this.#failNow('protocol', '5xx', { type: 'upstream-protocol' })
    }
    this.#phase = isStream ? 'stream' : 'unary'
    if (isStream) this.#openStream()
    else this.#tools.deadlines.arm(this, this.#timeLeft(Number.POSITIVE_INFINITY))
  }

  onData(chunk: Uint8Array): void {
    const bytes = chunk as Buffer
    switch (this.#phase) {
      case 'unary':
        if (this.#chunkBytes + bytes.length > limits.unaryAnswerBytesMax) {
          this.#failNow('protocol', undefined, { type: 'upstream-protocol' })
          return
        }
        this.#keepChunk(bytes)
        return
      case 'failing':
        if (this.#chunkBytes + bytes.length <= errorBodyBytesMax) this.#keepChunk(bytes)
        return
      case 'stream':
        if (this.#relay!.push(bytes, this.#tools.clock.monotonicMs()) === 'broken')
          this.#streamFailed('protocol', { type: 'upstream-protocol' })
        return
      case 'closing':
        // Bytes after the terminal event: whatever it is, this connection is not to be trusted with another request.
        this.#call?.abort()
        this.#over()
        return
      default:
        return
    }
  }

  onEnd(): void {
    switch (this.#phase) {
      case 'unary':
        this.#finishUnary()
        return
      case 'failing':
        this.#fail(this.#failureOfStatus())
        return
      case 'stream':
        if (this.#relay!.end() === 'cut') this.#streamFailed('reset', cutStream)
        else this.#over()
        return
      case 'closing':
        this.#over()
        return
      default:
        return
    }
  }

  onError(error: UpstreamError): void {
    const refusal = refusalOfError(error)
    switch (this.#phase) {
      case 'stream':
        if (this.#watch!.finished && this.#relay!.end() === 'whole') return this.#over()
        this.#streamFailed(outcomeOfError(error), refusal)
        return
      case 'closing':
        this.#over()
        return
      case 'over':
      case 'pausing':
        return
      default:
        this.#fail({
          outcome: outcomeOfError(error),
          condition: error.type === 'protocol' ? '5xx' : 'connect',
          refusal,
          status: 0,
        })
    }
  }

  #keepChunk(bytes: Buffer): void {
    this.#chunks.push(Buffer.from(bytes))
    this.#chunkBytes += bytes.length
  }

  #takeChunks(): Buffer {
    const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
    this.#chunks = []
    return bytes
  }

  /** What an answer outside 2xx means: worth another attempt, or the caller's to mend. */
  #failureOfStatus(): Failure {
    const status = this.#status
    const more = { status, retryAfterMs: this.#retryAfterMs }
    if (status === 429)
      return {
        outcome: 'http-error',
        condition: '429',
        refusal: { type: 'upstream-limited', retryAfterMs: this.#retryAfterMs ?? retryWaitMsMax },
        ...more,
      }
    if (status === 401 || status === 402 || status === 403) {
      const { provider } = this.#step!.endpoint
      this.#tools.notify({
        type: 'upstream-auth-refused',
        provider,
        credential: this.#step!.endpoint.credentials[0]?.name ?? '',
        status,
      })
      return { outcome: 'auth', condition: 'auth', refusal: { type: 'upstream-auth' }, ...more }
    }
    if (status === 408)
      return {
        outcome: 'http-error',
        condition: '408',
        refusal: { type: 'upstream-timeout', message: 'The upstream gave up waiting for the request.' },
        ...more,
      }
    if (status >= 500)
      return {
        outcome: 'http-error',
        condition: '5xx',
        refusal: { type: 'upstream-error', message: `The upstream answered ${status}.` },
        ...more,
      }
    if (status < 400)
      return {
        outcome: 'protocol',
        condition: undefined,
        refusal: {
          type: 'upstream-error',
          message: `The upstream answered with a redirect (${status}), which is not followed.`,
        },
        ...more,
      }
    if (status === 409 && this.#plan.itinerary.retries('409'))
      return { outcome: 'http-error', condition: '409', refusal: passedOn, ...more }
    return { outcome: 'http-error', condition: undefined, refusal: passedOn, ...more }
  }

  /** Ends the attempt from our side. */
  #failNow(outcome: AttemptOutcome, condition: RetryCondition | undefined, refusal: Refusal): void {
    this.#call?.abort()
    this.#bodySent = true
    this.#fail({ outcome, condition, refusal, status: this.#status })
  }

  // ── unary ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #finishUnary(): void {
    const nowMs = this.#tools.clock.monotonicMs()
    const { endpoint } = this.#step!
    const bytes = this.#takeChunks()
    const counted = findUsage(bytes)
    const tokens = counted ?? { input: this.#estimatedInput(), output: Math.ceil(bytes.length / 4), cached: 0 }
    this.#upstreamMs += nowMs - this.#attemptStartedMs
    this.#leaveEndpoint(true)
    const costNanoUsd = costOf(endpoint.price, tokens)
    const facts = this.#facts(nowMs, endpoint.price === undefined ? undefined : costNanoUsd)
    const headers = answerHeaders(facts, this.#contentType)
    const attempt = this.#attemptRecord('ok', tokens, costNanoUsd, nowMs)
    const status = this.#status
    this.#over()
    this.#record(
      {
        status: 'ok',
        httpStatus: status,
        errorCode: '',
        tokens,
        costNanoUsd,
        estimated: counted === undefined,
        attempt,
      },
      () => this.#reply.send(status, headers, bytes),
    )
  }

  // ── streams ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #openStream(): void {
    this.#watch =
      this.#plan.route.stream === 'responses' ? new ResponsesStreamWatch() : new ChatStreamWatch(this.#plan.showUsage)
    this.#relay = new StreamRelay(this.#watch, {
      onEvents: (bytes) => this.#forward(bytes),
      onDone: (last) => this.#finishStream(last),
      onErrorEvent: () => this.#streamFailed('http-error', errorEvent),
    })
    this.#relay.lastEventMs = this.#firstByteMs
  }

  #forward(bytes: Buffer): void {
    if (!this.#forwarded) this.#beginStream()
    if (this.#reply.write(bytes) === 'full') this.#call?.pause()
  }

  #beginStream(): void {
    const nowMs = this.#tools.clock.monotonicMs()
    this.#forwarded = true
    this.#firstForwardMs = nowMs
    this.#lastWriteMs = nowMs
    this.#bodyNeeded = false
    this.#releaseBody()
    this.#upstreamMs += nowMs - this.#attemptStartedMs
    const headers = answerHeaders(this.#facts(nowMs, undefined), this.#contentType)
    headers.push('cache-control', 'no-cache', 'x-accel-buffering', 'no')
    this.#reply.begin(this.#status, headers)
    this.#tools.deadlines.arm(this, this.#timeLeft(Math.min(keepAliveMs, this.#step!.route.timeouts.idleMs)))
  }

  #finishStream(last: Buffer): void {
    const nowMs = this.#tools.clock.monotonicMs()
    if (!this.#forwarded) this.#beginStream()
    const { tokens, estimated } = this.#streamTokens()
    const costNanoUsd = costOf(this.#step!.endpoint.price, tokens)
    this.#leaveEndpoint(true)
    const attempt = this.#attemptRecord('ok', tokens, costNanoUsd, nowMs)
    this.#phase = 'closing'
    this.#tools.deadlines.arm(this, closingMs)
    this.#record(
      { status: 'ok', httpStatus: this.#status, errorCode: '', tokens, costNanoUsd, estimated, attempt },
      () => {
        if (last.length > 0) this.#reply.write(last)
        this.#reply.end()
      },
    )
  }

  /** Before the first forwarded byte a failed stream is one more failed attempt; after it the caller is told in the
   *  stream, and gets no terminal event. */
  #streamFailed(outcome: AttemptOutcome, refusal: Refusal): void {
    this.#call?.abort()
    this.#bodySent = true
    if (!this.#forwarded) {
      this.#fail({ outcome, condition: '5xx', refusal, status: this.#status })
      return
    }
    const nowMs = this.#tools.clock.monotonicMs()
    const { tokens } = this.#streamTokens()
    const costNanoUsd = costOf(this.#step!.endpoint.price, tokens)
    this.#leaveEndpoint(false)
    const attempt = this.#attemptRecord(outcome, tokens, costNanoUsd, nowMs)
    const { code } = rowOf(refusal)
    this.#over()
    this.#record(
      {
        status: 'cut',
        httpStatus: 200,
        errorCode: code ?? '',
        tokens,
        costNanoUsd,
        estimated: this.#watch?.usage === undefined,
        attempt,
      },
      () => {
        this.#reply.write(`data: ${this.#errorEventBody(refusal)}\n\n`)
        this.#reply.end()
      },
    )
  }

  #errorEventBody(refusal: Refusal): string {
    const said = refusal === errorEvent ? this.#watch?.errorMessage : undefined
    const { type, code, message, param } = rowOf(refusal)
    return JSON.stringify({ error: { message: said ?? message, type, param: param ?? null, code } })
  }

  #streamTokens(): { tokens: TokenCounts; estimated: boolean } {
    const usage = this.#watch?.usage
    if (usage !== undefined) return { tokens: usage, estimated: false }
    return { tokens: { input: this.#estimatedInput(), output: this.#relay?.tokens ?? 0, cached: 0 }, estimated: true }
  }

  // ── time, and callers who leave ──────────────────────────────────────────────────────────────────────────────────

  onDue(): void {
    const { clock } = this.#tools
    switch (this.#phase) {
      case 'pausing':
        this.#attempt(this.#step!)
        return
      case 'waiting':
      case 'unary':
        this.#failNow('timeout', 'timeout', this.#timeLeft(1) <= 0 ? tookTooLong : noFirstToken)
        return
      case 'failing':
        this.#call?.abort()
        this.#bodySent = true
        this.#fail(this.#failureOfStatus())
        return
      case 'stream':
        this.#checkStream(clock.monotonicMs())
        return
      case 'closing':
        this.#call?.abort()
        this.#over()
        return
      default:
        return
    }
  }

  #checkStream(nowMs: number): void {
    const { timeouts } = this.#step!.route
    const idleMs = nowMs - this.#relay!.lastEventMs
    const allowedMs = this.#forwarded ? timeouts.idleMs : this.#firstTokenMs(timeouts)
    if (this.#timeLeft(1) <= 0) return this.#streamFailed('timeout', tookTooLong)
    if (idleMs >= allowedMs) return this.#streamFailed('timeout', this.#forwarded ? idleTooLong : noFirstToken)
    if (this.#forwarded && nowMs - Math.max(this.#lastWriteMs, this.#relay!.lastEventMs) >= keepAliveMs) {
      this.#lastWriteMs = nowMs
      this.#reply.write(keepAliveComment)
    }
    this.#tools.deadlines.arm(this, this.#timeLeft(Math.min(keepAliveMs, allowedMs - idleMs)))
  }

  #onCallerGone(): void {
    if (this.#phase === 'over' || this.#phase === 'closing') return
    this.#call?.abort()
    this.#bodySent = true
    const nowMs = this.#tools.clock.monotonicMs()
    if (!this.#forwarded && this.#phase !== 'pausing') this.#upstreamMs += nowMs - this.#attemptStartedMs
    const sent = this.#phase === 'pausing' ? undefined : this.#step
    const { tokens } = sent === undefined ? { tokens: noTokens } : this.#streamTokens()
    const costNanoUsd = sent === undefined ? 0 : costOf(sent.endpoint.price, tokens)
    this.#leaveEndpoint(undefined)
    const attempt = sent === undefined ? undefined : this.#attemptRecord('aborted', tokens, costNanoUsd, nowMs)
    const httpStatus = this.#forwarded ? this.#status : 0
    this.#over()
    this.#record(
      {
        status: 'client-aborted',
        httpStatus,
        errorCode: '',
        tokens,
        costNanoUsd,
        estimated: this.#watch?.usage === undefined,
        attempt,
      },
      nothing,
    )
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

  #refuse(refusal: Refusal): void {
    const nowMs = this.#tools.clock.monotonicMs()
    const { requestId } = this.#plan
    const answer = refusal === passedOn ? this.#passOn() : refusalAnswer(refusal, requestId, this.#tools.chance)
    const facts = answerHeaders(this.#facts(nowMs, undefined), 'application/json').slice(4) // the answer has those itself
    const errorCode = refusal === passedOn ? 'upstream_refused' : (rowOf(refusal).code ?? '')
    this.#over()
    this.#record(
      {
        status: 'failed',
        httpStatus: answer.status,
        errorCode,
        tokens: noTokens,
        costNanoUsd: 0,
        estimated: false,
        attempt: undefined,
      },
      () => this.#reply.send(answer.status, [...answer.headers, ...facts], answer.body),
    )
  }

  /** An upstream's own refusal of the request, in the caller's shape. */
  #passOn() {
    const bytes = this.#takeChunks()
    const headers = [
      'content-type',
      'application/json',
      'x-request-id',
      this.#plan.requestId,
      'x-should-retry',
      'false',
    ]
    if (isOpenAiError(bytes)) return { status: this.#status, headers, body: bytes }
    const text = this.#contentType.includes('html') ? '' : bytes.toString('utf8').slice(0, 1_000).trim()
    const message = text === '' ? `The upstream refused the request (${this.#status}) and gave no reason.` : text
    const body = JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code: null } })
    return { status: this.#status, headers, body }
  }

  #facts(nowMs: number, costNanoUsd: number | undefined): AnswerFacts {
    const { requestId, revisionText, startedMs } = this.#plan
    return {
      requestId,
      revisionText,
      endpoint: this.#step?.endpoint,
      attempts: this.#attempts,
      fallbackIndex: this.#step?.fallbackIndex ?? 0,
      upstreamMs: this.#upstreamMs,
      overheadMs: nowMs - startedMs - this.#upstreamMs,
      costNanoUsd,
    }
  }

  #record(
    end: {
      status: RequestStatus
      httpStatus: number
      errorCode: string
      tokens: TokenCounts
      costNanoUsd: number
      estimated: boolean
      attempt: AttemptRecord | undefined
    },
    flush: () => void,
  ): void {
    const nowMs = this.#tools.clock.monotonicMs()
    const plan = this.#plan
    const totalUs = Math.round((nowMs - plan.startedMs) * 1_000)
    const upstreamUs = this.#forwarded ? totalUs : Math.round(this.#upstreamMs * 1_000)
    const overheadUs = this.#forwarded
      ? Math.round((this.#firstForwardMs - plan.startedMs - this.#upstreamMs) * 1_000)
      : totalUs - upstreamUs
    const attempts = this.#attemptList(end.attempt)
    const failedCost =
      this.#records === undefined ? 0 : this.#records.reduce((sum, record) => sum + record.costNanoUsd, 0)
    this.#tools.recorder.finish(
      {
        requestId: plan.requestId,
        atMs: plan.arrivedAtMs,
        route: plan.route.name,
        status: end.status,
        httpStatus: end.httpStatus,
        errorCode: end.errorCode,
        keyId: plan.caller.keyId,
        team: plan.caller.team,
        user: plan.user,
        app: plan.caller.app,
        costCenter: plan.caller.costCenter,
        model: plan.model,
        stream: plan.stream,
        attempts: this.#attempts,
        fallbackIndex: this.#step?.fallbackIndex ?? 0,
        cacheStatus: 'BYPASS',
        estimated: end.estimated,
        tokens: end.tokens,
        costNanoUsd: end.costNanoUsd + (end.attempt === undefined ? 0 : failedCost),
        savedNanoUsd: 0,
        totalUs,
        overheadUs: Math.max(0, overheadUs),
        ttftUs:
          this.#relay === undefined || this.#relay.tokens === 0
            ? 0
            : Math.round((this.#relay.firstTokenMs - plan.startedMs) * 1_000),
        configRevision: plan.revision,
      },
      attempts,
      flush,
    )
  }

  #attemptList(last: AttemptRecord | undefined): readonly AttemptRecord[] {
    if (this.#records === undefined) return last === undefined ? [] : [last]
    if (last !== undefined) this.#records.push(last)
    return this.#records
  }

  #keepRecord(record: AttemptRecord): void {
    if (this.#records === undefined) this.#records = [record]
    else this.#records.push(record)
  }

  #attemptRecord(outcome: AttemptOutcome, tokens: TokenCounts, costNanoUsd: number, nowMs: number): AttemptRecord {
    const { endpoint, route } = this.#step!
    const relay = this.#relay
    const micros = (ms: number) => Math.max(0, Math.round((ms - this.#attemptStartedMs) * 1_000))
    return {
      requestId: this.#plan.requestId,
      atMs: this.#plan.arrivedAtMs,
      index: this.#attempts - 1,
      model: route.model,
      provider: endpoint.provider,
      target: endpoint.model,
      outcome,
      upstreamStatus: this.#status,
      stream: this.#plan.stream,
      tokens,
      costNanoUsd,
      firstByteUs: this.#firstByteMs === 0 ? 0 : micros(this.#firstByteMs),
      ttftUs: relay === undefined || relay.tokens === 0 ? 0 : micros(relay.firstTokenMs),
      interTokenUs:
        relay === undefined || relay.tokens < 2
          ? 0
          : Math.round(((relay.lastTokenMs - relay.firstTokenMs) * 1_000) / (relay.tokens - 1)),
      totalUs: micros(nowMs),
    }
  }

  /** `ok` undefined: the caller left, which says nothing about the endpoint. */
  #leaveEndpoint(ok: boolean | undefined): void {
    if (!this.#inFlight) return
    this.#inFlight = false
    const { load } = this.#step!.endpoint
    load.inFlight--
    if (ok === true) load.failuresInRow = 0
    else if (ok === false) load.failuresInRow++
  }

  #estimatedInput(): number {
    return Math.ceil(this.#plan.body.bytes.length / 4)
  }

  #over(): void {
    this.#phase = 'over'
    this.#call = undefined
    this.#tools.deadlines.cancel(this)
    this.#bodyNeeded = false
    this.#releaseBody()
  }

  /** The slab goes back when no attempt needs it any more and the kernel has its bytes. */
  #releaseBody(): void {
    if (this.#bodyNeeded || !this.#bodySent || this.#bodyReleased) return
    this.#bodyReleased = true
    this.#plan.body.release()
  }

  #bodyReleased = false
}

const noTokens: TokenCounts = { input: 0, output: 0, cached: 0 }
const nothing = () => {}
/** Marks the answer that goes to the caller as the upstream gave it. */
const passedOn: Refusal = { type: 'upstream-error', message: 'The upstream refused the request.' }
const errorEvent: Refusal = { type: 'upstream-error', message: 'The upstream reported an error in its stream.' }
const cutStream: Refusal = { type: 'upstream-error', message: 'The upstream ended its answer before it was complete.' }
const tookTooLong: Refusal = {
  type: 'upstream-timeout',
  message: 'The request took longer than its total time allows.',
}
const noFirstToken: Refusal = { type: 'upstream-timeout', message: 'The upstream did not begin to answer in time.' }
const idleTooLong: Refusal = { type: 'upstream-timeout', message: 'The upstream stopped in the middle of its answer.' }

function outcomeOfError(error: UpstreamError): AttemptOutcome {
  return error.type === 'connect-timeout' ? 'connect' : error.type
}

function refusalOfError(error: UpstreamError): Refusal {
  switch (error.type) {
    case 'tls':
      return { type: 'upstream-tls' }
    case 'protocol':
      return { type: 'upstream-protocol' }
    case 'connect-timeout':
      return { type: 'upstream-timeout', message: 'The upstream could not be connected to in time.' }
    case 'connect':
      return { type: 'upstream-error', message: 'The upstream could not be reached.' }
    case 'reset':
      return { type: 'upstream-error', message: 'The upstream closed the connection before it had answered.' }
  }
}

/** `retry-after-ms`, then `retry-after` in seconds or as a date. */
function retryAfterMs(head: UpstreamHead, wallMs: number): number | undefined {
  const exact = Number(head.header('retry-after-ms') ?? Number.NaN)
  if (exact >= 0) return exact
  const text = head.header('retry-after')
  if (text === undefined) return undefined
  const seconds = Number(text)
  if (seconds >= 0) return seconds * 1_000
  const dateMs = Date.parse(text)
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - wallMs)
}

function isOpenAiError(bytes: Buffer): boolean {
  if (bytes[0] !== 123) return false
  try {
    const { error } = JSON.parse(bytes.toString('utf8')) as { error?: unknown }
    return typeof error === 'object' && error !== null
  } catch {
    return false
  }
}
