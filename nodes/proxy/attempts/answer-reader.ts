// How the answer of one attempt is read once its head has come: as the body of an error, as a whole, or as a stream.
import { bounds } from '../../../shared/bounds.ts'
import { failureOfAnswer } from '../errors/answered-failure.ts'
import type { ErrorAnswer } from '../errors/gateway-error.ts'
import {
  brokenAnswer,
  cutStream,
  failureOfError,
  firstTokenTimeout,
  idleTimeout,
  totalTimeout,
  type UpstreamFailure,
} from '../errors/upstream-failure.ts'
import type { Timeouts } from '../routing/model-route.ts'
import type { AnswerStream } from '../streams/answer-stream.ts'
import type { LateAnswer, Translator, WholeAnswer } from '../translators/translator.ts'
import type { UpstreamError } from '../upstream/upstream.ts'
import { BodyBuffer } from './body-buffer.ts'
import { keepAliveMs } from './keep-alive.ts'
import { redactedBytes } from './redaction.ts'
import type { TimeLimits } from './time-limits.ts'

/** The attempt whose answer is read. Each answer ends in one of `fail`, `answered` and `close`. */
export interface ReadAttempt {
  readonly translator: Translator
  readonly limits: TimeLimits
  readonly timeouts: Timeouts
  /** What the upstream was shown and must not be told to anybody. */
  secrets(): readonly string[]
  /** The monotonic clock. */
  nowMs(): number
  /** Ends the attempt; nothing more is to come. */
  fail(failure: UpstreamFailure): void
  /** Ends the attempt while the upstream could still say something. */
  giveUp(failure: UpstreamFailure): void
  answered(answer: WholeAnswer): void
  /** Ends the attempt after a stream that has ended well. */
  close(): void
  /** Ends the attempt and its exchange: the stream is whole, and the upstream does not end it. */
  abort(): void
  /** Ends the request, because something of ours threw while its answer was read elsewhere. */
  bug(error: unknown): void
  /** Called when more of the stream has come. It may end the attempt. */
  progressed(stream: AnswerStream): void
  /** Sets the time of the next call of `due`. */
  dueIn(ms: number): void
  /** Tells that nothing has come for a while, which is still allowed. `due` is called again after `nextMs`. */
  stillSilent(nowMs: number, nextMs: number): void
}

export interface AnswerReader {
  /** The stream of the answer; undefined where the answer is read as a whole. */
  readonly stream: AnswerStream | undefined
  /** Takes bytes of the answer, which are valid during the call. */
  push(bytes: Buffer): void
  /** Called when the upstream has sent the whole answer. */
  end(): void
  /** Called when the connection is lost before the end of the answer. */
  lost(error: UpstreamError): void
  /** Called when the time that was set is over. */
  due(): void
  /** Called when nobody waits for the answer any more; absent where nothing goes on then. */
  stop?(): void
}

/** An upstream may take this long to close a stream after its end, or to finish the body of an error. */
export const closingMs = 2_000
const errorBodyBytesMax = 64 << 10

/** Reads the body of an error for its words. Where they do not come, the status alone counts. */
export class ErrorReader implements AnswerReader {
  readonly stream = undefined
  readonly #attempt: ReadAttempt
  readonly #head: Omit<ErrorAnswer, 'body'>
  readonly #held = new BodyBuffer()

  constructor(attempt: ReadAttempt, head: Omit<ErrorAnswer, 'body'>) {
    this.#attempt = attempt
    this.#head = head
  }

  push(bytes: Buffer): void {
    const room = errorBodyBytesMax - this.#held.length
    if (room > 0) this.#held.push(bytes.length > room ? bytes.subarray(0, room) : bytes)
  }

  end(): void {
    this.#attempt.fail(this.#attempt.translator.failureOf(this.#answer()))
  }

  lost(): void {
    this.#attempt.fail(failureOfAnswer(this.#answer()))
  }

  due(): void {
    this.#attempt.giveUp(failureOfAnswer(this.#answer()))
  }

  #answer(): ErrorAnswer {
    return { ...this.#head, body: redactedBytes(this.#held.whole(), this.#attempt.secrets()) }
  }
}

/** Reads an answer that goes on when all of it has come. */
export class WholeReader implements AnswerReader {
  readonly stream = undefined
  readonly #attempt: ReadAttempt
  readonly #contentType: string
  readonly #held = new BodyBuffer()
  #later: LateAnswer | undefined

  constructor(attempt: ReadAttempt, contentType: string) {
    this.#attempt = attempt
    this.#contentType = contentType
  }

  push(bytes: Buffer): void {
    if (this.#held.length + bytes.length > bounds.unaryAnswerBytesMax) this.#attempt.giveUp(brokenAnswer)
    else this.#held.push(bytes)
  }

  end(): void {
    const { translator } = this.#attempt
    const isLarge = this.#held.length > bounds.parsedHereBytesMax
    const later = isLarge ? translator.readLater?.(this.#held.pieces, this.#contentType) : undefined
    if (later !== undefined) {
      this.#await(later)
      return
    }
    const bytes = this.#held.whole()
    const answer = translator.readAnswer(bytes, this.#contentType)
    if (answer === undefined) this.#attempt.fail(this.#failureWithin(bytes))
    else this.#attempt.answered(answer)
  }

  #await(later: LateAnswer): void {
    this.#later = later
    this.#held.clear()
    const told = (read: Awaited<LateAnswer['result']>) => {
      if (!read.ok || read.value === undefined) this.#attempt.fail(brokenAnswer)
      else this.#attempt.answered(read.value)
    }
    later.result.then(told).catch((error: unknown) => this.#attempt.bug(error))
  }

  stop(): void {
    this.#later?.cancel()
  }

  #failureWithin(bytes: Buffer): UpstreamFailure {
    return this.#attempt.translator.failureWithin?.(redactedBytes(bytes, this.#attempt.secrets())) ?? brokenAnswer
  }

  lost(error: UpstreamError): void {
    this.#attempt.fail(failureOfError(error))
  }

  due(): void {
    this.#attempt.giveUp(timeoutOf(this.#attempt))
  }
}

/** The failure of an attempt whose time is over before its answer began or was whole. */
export function timeoutOf(attempt: Pick<ReadAttempt, 'limits' | 'timeouts' | 'nowMs'>): UpstreamFailure {
  return attempt.limits.leftMs(attempt.timeouts, attempt.nowMs()) <= 0 ? totalTimeout : firstTokenTimeout
}

/** Reads a stream, whose bytes go on as they come. */
export class StreamReader implements AnswerReader {
  readonly #attempt: ReadAttempt
  readonly stream: AnswerStream
  #wasComplete = false

  constructor(attempt: ReadAttempt, stream: AnswerStream) {
    this.#attempt = attempt
    this.stream = stream
  }

  push(bytes: Buffer): void {
    const { stream } = this
    if (stream.push(bytes, this.#attempt.nowMs()) === 'broken') {
      this.#attempt.giveUp(brokenAnswer)
      return
    }
    if (stream.complete && !this.#wasComplete) this.#attempt.dueIn(closingMs)
    this.#wasComplete = stream.complete
    this.#attempt.progressed(stream)
  }

  end(): void {
    if (this.stream.end() === 'cut') this.#attempt.giveUp(cutStream)
    else this.#attempt.close()
  }

  lost(error: UpstreamError): void {
    const stream = this.stream
    if (stream.finished && stream.end() === 'whole') this.#attempt.close()
    else this.#attempt.giveUp(stream.forwarded && error.type === 'reset' ? cutStream : failureOfError(error))
  }

  due(): void {
    const { limits, timeouts } = this.#attempt
    const { forwarded, complete, lastEventMs } = this.stream
    const nowMs = this.#attempt.nowMs()
    const leftMs = limits.leftMs(timeouts, nowMs)
    const silentMs = forwarded ? timeouts.idleMs : limits.firstTokenMs(timeouts)
    const allowedMs = complete ? Math.min(silentMs, closingMs) : silentMs
    const idleMs = nowMs - lastEventMs
    if (leftMs <= 0) this.#over(totalTimeout)
    else if (idleMs >= allowedMs) this.#over(forwarded ? idleTimeout : firstTokenTimeout)
    else this.#attempt.stillSilent(nowMs, Math.min(leftMs, keepAliveMs, allowedMs - idleMs))
  }

  /** An answer that is whole ends well, although its upstream neither closes it nor goes on. */
  #over(failure: UpstreamFailure): void {
    const { stream } = this
    if (stream.complete) stream.stop()
    else if (!stream.finished || stream.end() === 'cut') {
      this.#attempt.giveUp(failure)
      return
    }
    this.#attempt.abort()
  }
}
