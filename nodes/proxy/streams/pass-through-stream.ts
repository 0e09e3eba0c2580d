// Passes server-sent events of an upstream through to a caller of the same dialect, and observes what they report.
import { usageOf } from '../../../shared/chat/usage.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import { AnthropicStreamObserver } from '../dialects/anthropic/stream-observer.ts'
import { secondsOf } from '../dialects/common/seconds.ts'
import { TypedStreamObserver } from '../dialects/common/typed-stream-observer.ts'
import { GeminiStreamObserver } from '../dialects/gemini/stream-observer.ts'
import { ChatStreamObserver, ResponsesStreamObserver, type StreamObserver } from '../dialects/openai/stream-observer.ts'
import type { StreamTail } from '../dialects/stream-tails/stream-tail.ts'
import type { StreamDialect } from '../operations/operation.ts'
import {
  type AnswerStream,
  countedOutput,
  countedTokens,
  eventStream,
  type InputEstimate,
  keepAliveComment,
  type StreamOptions,
  type StreamSink,
  type StreamTiming,
  type StreamTokens,
} from './answer-stream.ts'
import { SseRelay, type StreamOutput } from './sse-relay.ts'
import { TailedObserver, tailFor } from './tailed-observer.ts'

export class PassThroughStream implements AnswerStream, StreamOutput {
  readonly error = undefined
  readonly contentType = eventStream
  readonly keepAlive = keepAliveComment
  forwarded = false
  readonly #sink: StreamSink
  readonly #observer: StreamObserver
  readonly #relay: SseRelay
  /** Undefined where the stream is never ended early. */
  readonly #tail: StreamTail | undefined

  constructor(dialect: StreamDialect, { showUsage, nowMs, sink, mayCurtail }: StreamOptions) {
    this.#sink = sink
    this.#observer = observerFor(dialect, showUsage)
    this.#tail = mayCurtail === true ? tailFor(dialect, showUsage) : undefined
    const observer = this.#tail === undefined ? this.#observer : new TailedObserver(this.#observer, this.#tail)
    this.#relay = new SseRelay(observer, this, dialect === 'typed' ? typedEventBytesMax : undefined)
    this.#relay.lastEventMs = nowMs
  }

  push(bytes: Buffer, nowMs: number): 'ok' | 'broken' {
    return this.#relay.push(bytes, nowMs)
  }

  end(): 'whole' | 'cut' {
    return this.#relay.end()
  }

  stop(): void {
    this.#relay.stop()
  }

  get finished(): boolean {
    return this.#observer.finished
  }

  /** Whether only the terminal event is missing. Images end one by one, so the end of one is not the end of the stream. */
  get complete(): boolean {
    return this.#relay.complete && !(this.#observer instanceof TypedStreamObserver)
  }

  get errorMessage(): string | undefined {
    return this.#observer.errorMessage
  }

  get units(): BillableUnits | undefined {
    return this.#observer instanceof TypedStreamObserver ? this.#observer.units : undefined
  }

  get timing(): StreamTiming {
    return this.#relay
  }

  get lastEventMs(): number {
    return this.#relay.lastEventMs
  }

  tokens(estimate: InputEstimate): StreamTokens {
    return countedTokens(this.#observer, estimate)
  }

  outputSoFar(bytesPerToken: number): number {
    return countedOutput(this.#observer, bytesPerToken)
  }

  curtail(estimate: InputEstimate): string | undefined {
    const end = this.#tail?.end(usageOf(this.tokens(estimate).tokens))
    if (end === undefined) return undefined
    this.#relay.close()
    this.#begin()
    return end
  }

  failure(code: string, message: string): string | undefined {
    return this.#observer.failure?.(code, message)
  }

  onEvents(bytes: Buffer): void {
    this.#begin()
    this.#sink.onBytes(bytes)
  }

  onDone(last: Buffer): void {
    this.#begin()
    this.#sink.onDone(last)
  }

  onErrorEvent(): void {
    this.#sink.onErrorEvent()
  }

  #begin(): void {
    if (this.forwarded) return
    this.forwarded = true
    this.#sink.onFirstByte()
  }
}

/** The limit on an event of a typed stream, which may contain a whole image. */
const typedEventBytesMax = 32 << 20

function observerFor(dialect: StreamDialect, showUsage: boolean): StreamObserver {
  switch (dialect) {
    case 'chat':
      return new ChatStreamObserver(showUsage)
    case 'responses':
      return new ResponsesStreamObserver()
    case 'messages':
      return new AnthropicStreamObserver()
    case 'gemini':
      return new GeminiStreamObserver()
    case 'typed':
      return new TypedStreamObserver(secondsOf)
  }
}
