// The answer of one attempt as a stream, as a transit sees it, and the stream whose bytes pass through: it relays events to
// the caller and remembers what they told.
import type { ChatError } from '../../../shared/chat/error.ts'
import type { Usage } from '../../../shared/chat/usage.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import type { TokenCounts } from '../../../shared/usage/token-counts.ts'
import { AnthropicStreamObserver } from '../dialects/anthropic/stream-observer.ts'
import { TypedStreamObserver } from '../dialects/common/typed-stream-observer.ts'
import { GeminiStreamObserver } from '../dialects/gemini/stream-observer.ts'
import { ChatStreamObserver, ResponsesStreamObserver, type StreamObserver } from '../dialects/openai/stream-observer.ts'
import type { Reply } from '../http/http.ts'
import { secondsOf } from '../operations/billable-units.ts'
import type { StreamDialect } from '../operations/operations.ts'
import { SseRelay } from './sse-relay.ts'

export interface StreamEvents {
  /** Before the first byte goes to the caller: from now on nothing can be tried again. */
  onFirstByte(): void
  /** The caller does not keep up. */
  onFull(): void
  /** The answer is whole; `last` is its terminal event, not yet sent. */
  onDone(last: Buffer | string): void
  /** The upstream reported an error in its stream. */
  onErrorEvent(): void
}

export interface StreamOptions {
  /** Whether the caller asked for the usage chunk. */
  readonly showUsage: boolean
  readonly reply: Reply
  /** When the answer's head came. */
  readonly nowMs: number
  readonly events: StreamEvents
}

export interface StreamTokens {
  readonly tokens: TokenCounts & Partial<Usage>
  readonly estimated: boolean
}

export interface AnswerStream {
  /** Whether the caller has had a byte of it. */
  readonly forwarded: boolean
  /** Whether the answer is whole even if nothing more comes. */
  readonly finished: boolean
  /** What the upstream said when it reported an error. */
  readonly errorMessage: string | undefined
  /** The same, where it was understood. */
  readonly error: ChatError | undefined
  /** Of what the caller is sent. */
  readonly contentType: string
  /** What else the stream told that was used; absent from dialects that tell tokens alone. */
  readonly units?: BillableUnits | undefined
  /** Nothing can be said in it but its own bytes: when it fails, the connection is cut. */
  readonly opaque?: boolean
  /** For the records: content events and when they came. */
  readonly timing: { readonly tokens: number; readonly firstTokenMs: number; readonly lastTokenMs: number }
  /** `broken` when the bytes cannot be such a stream. */
  push(bytes: Buffer, nowMs: number): 'ok' | 'broken'
  /** The upstream has ended it. */
  end(): 'whole' | 'cut'
  /** As the upstream counted; else one token an event, and the input as estimated by the caller. */
  tokens(estimatedInput: number): StreamTokens
  /** Since the last event that was not a comment. */
  idleMs(nowMs: number): number
  keepAlive(nowMs: number): void
  /** What ends the stream when it failed; undefined: an error event of the caller's dialect. */
  failure(code: string, message: string): string | undefined
}

export function countedTokens(usage: Usage | undefined, estimatedInput: number, events: number): StreamTokens {
  if (usage !== undefined) return { tokens: usage, estimated: false }
  return { tokens: { input: estimatedInput, output: events, cached: 0 }, estimated: true }
}

export const keepAliveMs = 15_000
export const eventStream = 'text/event-stream'
const keepAliveComment = ': keep-alive\n\n'

/** A comment now and then tells whatever stands between us and the caller that the stream is alive. */
export class KeepAlive {
  readonly #reply: Reply
  readonly #sign: string
  #beatMs: number

  constructor({ reply, nowMs }: StreamOptions, sign = keepAliveComment) {
    this.#reply = reply
    this.#beatMs = nowMs
    this.#sign = sign
  }

  beat(nowMs: number, lastEventMs: number): void {
    if (nowMs - Math.max(this.#beatMs, lastEventMs) < keepAliveMs) return
    this.#beatMs = nowMs
    this.#reply.write(this.#sign)
  }
}

export class PassThroughStream implements AnswerStream {
  readonly #reply: Reply
  readonly #events: StreamEvents
  readonly #observer: StreamObserver
  readonly #relay: SseRelay
  readonly #keepAlive: KeepAlive
  readonly error = undefined
  readonly contentType = eventStream
  forwarded = false

  constructor(dialect: StreamDialect, options: StreamOptions) {
    const { showUsage, reply, nowMs, events } = options
    this.#reply = reply
    this.#events = events
    this.#keepAlive = new KeepAlive(options)
    this.#observer = observerFor(dialect, showUsage)
    const output = {
      onEvents: (bytes: Buffer) => this.#forward(bytes),
      onDone: (last: Buffer) => this.#finish(last),
      onErrorEvent: () => events.onErrorEvent(),
    }
    this.#relay = new SseRelay(this.#observer, output, dialect === 'typed' ? typedEventBytesMax : undefined)
    this.#relay.lastEventMs = nowMs
  }

  push(bytes: Buffer, nowMs: number): 'ok' | 'broken' {
    return this.#relay.push(bytes, nowMs)
  }

  end(): 'whole' | 'cut' {
    return this.#relay.end()
  }

  get finished(): boolean {
    return this.#observer.finished
  }

  get errorMessage(): string | undefined {
    return this.#observer.errorMessage
  }

  get units(): BillableUnits | undefined {
    return this.#observer instanceof TypedStreamObserver ? this.#observer.units : undefined
  }

  get timing(): AnswerStream['timing'] {
    return this.#relay
  }

  tokens(estimatedInput: number): StreamTokens {
    return countedTokens(this.#observer.usage, estimatedInput, this.#relay.tokens)
  }

  idleMs(nowMs: number): number {
    return nowMs - this.#relay.lastEventMs
  }

  keepAlive(nowMs: number): void {
    if (this.forwarded) this.#keepAlive.beat(nowMs, this.#relay.lastEventMs)
  }

  failure(): undefined {}

  #forward(bytes: Buffer): void {
    this.#begin()
    if (this.#reply.write(bytes) === 'full') this.#events.onFull()
  }

  #finish(last: Buffer): void {
    this.#begin()
    this.#events.onDone(last)
  }

  #begin(): void {
    if (this.forwarded) return
    this.forwarded = true
    this.#events.onFirstByte()
  }
}

/** An event may hold a whole picture. */
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
