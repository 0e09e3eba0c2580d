// One exchange with one target. It knows no retry, no record and no other attempt, so that two may be alive for one request.
import { AttemptCharge } from '../accounting/intents/attempt-charge.ts'
import type { Metered } from '../accounting/usage-meter.ts'
import { errorHeadOf } from '../errors/error-head.ts'
import { failureInStream } from '../errors/stream-failure.ts'
import {
  brokenAnswer,
  failureOfError,
  noCredential,
  notJournaled,
  type UpstreamFailure,
} from '../errors/upstream-failure.ts'
import type { Operation } from '../operations/operation.ts'
import type { Credential } from '../providers/credential.ts'
import type { Target } from '../providers/endpoint.ts'
import type { PlannedAttempt } from '../routing/attempt-plan.ts'
import type { Timeouts } from '../routing/model-route.ts'
import { type Deadline, Unarmed } from '../routing/timer-wheel.ts'
import type { AnswerStream, StreamOptions, StreamSink } from '../streams/answer-stream.ts'
import type { Translator, WholeAnswer } from '../translators/translator.ts'
import type { UpstreamError, UpstreamHandler, UpstreamHead } from '../upstream/upstream.ts'
import { accountLimitsFor } from './account-limits.ts'
import { type AnswerReader, closingMs, ErrorReader, timeoutOf } from './answer-reader.ts'
import type { AttemptParts } from './attempt-owner.ts'
import { credentialFor, headerLinesOf, requestFor } from './authorize-attempt.ts'
import { type BodySink, EncodedBody } from './encoded-body.ts'
import { keepAliveMs } from './keep-alive.ts'
import { type OpenedAttempt, openAnswer } from './open-answer.ts'
import { redactedWords, secretsIn } from './redaction.ts'
import type { RunningAttempt } from './running-attempt.ts'
import type { TimeLimits } from './time-limits.ts'

export class Attempt
  extends Unarmed
  implements UpstreamHandler, BodySink, OpenedAttempt, StreamSink, Deadline, RunningAttempt, Metered
{
  readonly planned: PlannedAttempt<Target>
  readonly translator: Translator
  readonly credential: Credential
  readonly charge: AttemptCharge
  readonly limits: TimeLimits
  readonly index: number
  readonly startedMs: number
  readonly receivedAtMs: number
  status = 0
  firstByteMs = 0
  /** What the upstream says of the limits of its account, for callers of its own API. */
  accountLimits: ReturnType<typeof accountLimitsFor>
  stream: AnswerStream | undefined
  readonly #parts: AttemptParts<Attempt>
  readonly #body: EncodedBody
  #sentLines = ''
  /** The reader of the answer; undefined before the head of an answer came. */
  #reader: AnswerReader | undefined
  /** `closing`: the caller has it all; the upstream may still say goodbye. */
  #phase: 'running' | 'closing' | 'over' = 'running'

  constructor(parts: AttemptParts<Attempt>) {
    super()
    const { planned, translator, pinned, tools } = parts
    this.#parts = parts
    this.planned = planned
    this.translator = translator
    this.limits = parts.limits
    this.index = parts.index
    this.receivedAtMs = parts.request.receivedAtMs
    this.startedMs = tools.clock.monotonicMs()
    this.credential = credentialFor(planned.target, translator, { pinned, nowMs: this.startedMs, chance: tools.chance })
    this.#body = new EncodedBody(this)
    this.charge = new AttemptCharge(parts, this.#body)
  }

  get target(): Target {
    return this.planned.target
  }

  get timeouts(): Timeouts {
    return this.planned.route.timeouts
  }

  get operation(): Operation {
    return this.#parts.request.operation
  }

  get estimatedInput(): number {
    return this.translator.estimatedInput
  }

  get wantsStream(): boolean {
    return this.#parts.stream
  }

  get timing(): AnswerStream['timing'] | undefined {
    return this.stream?.timing
  }

  /** Whether the caller has had a byte of the answer. */
  get hasForwarded(): boolean {
    return this.stream?.forwarded === true
  }

  secrets(): readonly string[] {
    return secretsIn(this.#sentLines)
  }

  nowMs(): number {
    return this.#parts.tools.clock.monotonicMs()
  }

  start(): void {
    const { tools, request, limits, translator } = this.#parts
    const headerLines = headerLinesOf(this.credential, this.target, translator)
    if (headerLines === undefined) return this.fail(noCredential)
    this.#sentLines = headerLines
    this.#arm(Math.min(limits.leftMs(this.timeouts, this.startedMs), limits.firstByteMs(this.timeouts)))
    request.body.sending()
    this.charge.begin(tools.intents, (mayGo) => this.#guarded(() => this.#send(mayGo)))
  }

  /** Sends the request, unless it must not be sent because it could not be journaled. */
  #send(mayGo: boolean): void {
    if (this.#phase !== 'running') return
    if (!mayGo) return this.fail(notJournaled)
    this.#body.from(this.#parts.tools.upstreamOf(this.target).send(requestFor(this, this.#sentLines), this))
  }

  /** Ends the attempt without a word to its owner. */
  abort(): void {
    this.#body.abort()
    this.#parts.request.body.sent()
    this.close()
  }

  resume(): void {
    this.#body.resume()
  }

  fail(failure: UpstreamFailure): void {
    this.#parts.request.body.sent()
    this.close()
    this.#parts.owner.onFailed(this, failure)
  }

  giveUp(failure: UpstreamFailure): void {
    this.#body.abort()
    this.fail(failure)
  }

  answered(answer: WholeAnswer): void {
    this.close()
    this.#parts.owner.onAnswered(this, answer)
  }

  bug(error: unknown): void {
    this.#parts.owner.onBug(error)
  }

  close(): void {
    this.#phase = 'over'
    this.#reader?.stop?.()
    this.#reader = undefined
    this.#body.close()
    this.#parts.tools.timers.cancel(this)
  }

  onBodySent(): void {
    this.#parts.request.body.sent()
  }

  onHead(head: UpstreamHead): void {
    this.#guarded(() => this.#readHead(head))
  }

  #readHead(head: UpstreamHead): void {
    this.firstByteMs = this.nowMs()
    this.status = head.status
    this.accountLimits = accountLimitsFor(this, head)
    this.#parts.owner.onHead?.(this, head)
    const contentType = head.header('content-type') ?? ''
    if (!this.#body.open(head.header('content-encoding'))) this.giveUp(brokenAnswer)
    else if (head.status >= 200 && head.status <= 299) this.#open(contentType)
    else {
      this.#reader = new ErrorReader(this, errorHeadOf(head, this.#parts.tools.clock.wallMs()))
      this.#arm(closingMs)
    }
  }

  #open(contentType: string): void {
    const reader = openAnswer(this, contentType)
    if (reader === undefined) {
      this.giveUp(brokenAnswer)
      return
    }
    this.#reader = reader
    this.stream = reader.stream
    if (reader.stream === undefined) this.#arm(this.limits.leftMs(this.timeouts, this.firstByteMs))
  }

  streamOptions(): StreamOptions {
    const { showUsage, watch } = this.#parts
    return { showUsage, nowMs: this.firstByteMs, sink: this, mayCurtail: watch?.mayCut }
  }

  progressed(stream: AnswerStream): void {
    const exhausted = this.#phase === 'running' ? this.#parts.watch?.look(stream) : undefined
    if (exhausted !== undefined) this.#parts.owner.onExhausted(this, exhausted)
  }

  onData(chunk: Uint8Array): void {
    this.#body.push(chunk)
  }

  onEnd(): void {
    this.#body.end()
  }

  onBody(bytes: Buffer): void {
    // Bytes after the terminal event: whatever they are, this connection is not to be trusted with another request.
    if (this.#phase === 'closing') this.abort()
    else
      try {
        this.#reader?.push(bytes)
      } catch (error) {
        this.#parts.owner.onBug(error)
      }
  }

  onBodyEnd(): void {
    if (this.#phase === 'closing') this.close()
    else this.#guarded(() => this.#reader?.end())
  }

  /** Runs a step in which something of ours may throw: a filter of a policy, a parser, what follows a failure. */
  #guarded(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.#parts.owner.onBug(error)
    }
  }

  onUndecodable(): void {
    if (this.#phase === 'running') this.#guarded(() => this.giveUp(brokenAnswer))
  }

  onError(error: UpstreamError): void {
    if (this.#phase === 'closing') this.close()
    else
      this.#guarded(() => {
        if (this.#reader !== undefined) this.#reader.lost(error)
        else if (this.#phase === 'running') this.fail(failureOfError(error))
      })
  }

  onFirstByte(): void {
    if (this.#parts.owner.onFirstByte(this)) {
      const { limits, timeouts } = this
      this.#arm(Math.min(limits.leftMs(timeouts, this.nowMs()), keepAliveMs, timeouts.idleMs))
    } else this.abort()
  }

  onBytes(bytes: Buffer | string): void {
    if (this.#phase === 'running' && this.#parts.owner.onBytes(this, bytes) === 'full') this.#body.pause()
  }

  /** Fails the attempt. Before the first forwarded byte another target may answer, whatever the error is. */
  onErrorEvent(): void {
    const failure = failureInStream(this.stream?.error, redactedWords(this.stream?.errorMessage, this.secrets()))
    this.giveUp(this.hasForwarded ? failure : { ...failure, condition: failure.condition ?? '5xx' })
  }

  onDone(last: Buffer | string): void {
    if (this.#phase !== 'running') return
    this.#phase = 'closing'
    this.#arm(closingMs)
    this.#parts.owner.onStreamEnd(this, last)
  }

  onDue(): void {
    if (this.#phase === 'closing') this.abort()
    else
      this.#guarded(() => {
        if (this.#reader !== undefined) this.#reader.due()
        else this.giveUp(timeoutOf(this))
      })
  }

  dueIn(ms: number): void {
    if (this.#phase === 'running') this.#arm(ms)
  }

  stillSilent(nowMs: number, nextMs: number): void {
    this.#parts.owner.onSilence(this, nowMs)
    this.#arm(nextMs)
  }

  #arm(inMs: number): void {
    this.#parts.tools.timers.arm(this, inMs)
  }
}
