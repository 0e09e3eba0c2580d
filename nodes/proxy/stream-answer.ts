// The answer of one attempt as a stream: relays its events to the caller and remembers what they told.
import type { TokenCounts } from '../../shared/telemetry/records.ts'
import type { Reply } from './http/http.ts'
import { ChatStreamWatch, ResponsesStreamWatch, type StreamWatch } from './providers/dialects/openai-stream.ts'
import { StreamRelay } from './relay/stream-relay.ts'

export interface StreamEvents {
  /** Before the first byte goes to the caller: from now on nothing can be tried again. */
  onFirstByte(): void
  /** The caller does not keep up. */
  onFull(): void
  /** The answer is whole; `last` is its terminal event, not yet sent. */
  onDone(last: Buffer): void
  /** The upstream reported an error in its stream. */
  onErrorEvent(): void
}

export interface StreamAnswerOptions {
  readonly dialect: 'chat' | 'responses'
  /** Whether the caller asked for the usage chunk. */
  readonly showUsage: boolean
  readonly reply: Reply
  /** When the answer's head came. */
  readonly nowMs: number
  readonly events: StreamEvents
}

export const keepAliveMs = 15_000
const keepAliveComment = Buffer.from(': keep-alive\n\n')

export class StreamAnswer {
  readonly #reply: Reply
  readonly #events: StreamEvents
  readonly #watch: StreamWatch
  readonly #relay: StreamRelay
  #keptAliveMs: number
  /** Whether the caller has had a byte of it. */
  forwarded = false

  constructor({ dialect, showUsage, reply, nowMs, events }: StreamAnswerOptions) {
    this.#reply = reply
    this.#events = events
    this.#keptAliveMs = nowMs
    this.#watch = dialect === 'responses' ? new ResponsesStreamWatch() : new ChatStreamWatch(showUsage)
    this.#relay = new StreamRelay(this.#watch, {
      onEvents: (bytes) => this.#forward(bytes),
      onDone: (last) => this.#finish(last),
      onErrorEvent: () => events.onErrorEvent(),
    })
    this.#relay.lastEventMs = nowMs
  }

  /** `broken` when the bytes cannot be a stream of events. */
  push(bytes: Buffer, nowMs: number): 'ok' | 'broken' {
    return this.#relay.push(bytes, nowMs)
  }

  /** The upstream has ended it. */
  end(): 'whole' | 'cut' {
    return this.#relay.end()
  }

  /** Whether the answer is whole even if nothing more comes. */
  get finished(): boolean {
    return this.#watch.finished
  }

  /** What the upstream said when it reported an error. */
  get errorMessage(): string | undefined {
    return this.#watch.errorMessage
  }

  /** For the records: content events and when they came. */
  get timing(): { readonly tokens: number; readonly firstTokenMs: number; readonly lastTokenMs: number } {
    return this.#relay
  }

  /** As the upstream counted; else one token an event, and the input as estimated by the caller. */
  tokens(estimatedInput: number): { tokens: TokenCounts; estimated: boolean } {
    const { usage } = this.#watch
    if (usage !== undefined) return { tokens: usage, estimated: false }
    return { tokens: { input: estimatedInput, output: this.#relay.tokens, cached: 0 }, estimated: true }
  }

  /** Since the last event that was not a comment. */
  idleMs(nowMs: number): number {
    return nowMs - this.#relay.lastEventMs
  }

  /** A comment now and then tells whatever stands between us and the caller that the stream is alive. */
  keepAlive(nowMs: number): void {
    if (!this.forwarded || nowMs - Math.max(this.#keptAliveMs, this.#relay.lastEventMs) < keepAliveMs) return
    this.#keptAliveMs = nowMs
    this.#reply.write(keepAliveComment)
  }

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
