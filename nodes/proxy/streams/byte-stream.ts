// An answer that nobody reads on its way: audio, a file, text. It is forwarded as it comes; nothing can be said in it, so
// a failure after its first byte cuts the connection.
import type { Reply } from '../http/http.ts'
import type { AnswerStream, StreamEvents, StreamOptions, StreamTokens } from './answer-stream.ts'

export class ByteStream implements AnswerStream {
  readonly contentType: string
  readonly opaque = true
  readonly finished = false
  readonly errorMessage = undefined
  readonly error = undefined
  readonly units = undefined
  readonly #reply: Reply
  readonly #events: StreamEvents
  forwarded = false
  /** Bytes count as one token, so that the time to the first of them is known. */
  timing = { tokens: 0, firstTokenMs: 0, lastTokenMs: 0 }
  #lastMs: number

  constructor(contentType: string, { reply, events, nowMs }: StreamOptions) {
    this.contentType = contentType
    this.#reply = reply
    this.#events = events
    this.#lastMs = nowMs
  }

  push(bytes: Buffer, nowMs: number): 'ok' {
    if (bytes.length === 0) return 'ok'
    this.#lastMs = nowMs
    if (this.timing.tokens === 0) this.timing = { tokens: 1, firstTokenMs: nowMs, lastTokenMs: nowMs }
    this.#begin()
    if (this.#reply.write(bytes) === 'full') this.#events.onFull()
    return 'ok'
  }

  end(): 'whole' {
    this.#begin()
    this.#events.onDone('')
    return 'whole'
  }

  tokens(): StreamTokens {
    return { tokens: { input: 0, output: 0, cached: 0 }, estimated: false }
  }

  idleMs(nowMs: number): number {
    return nowMs - this.#lastMs
  }

  keepAlive(): void {}

  failure(): undefined {}

  #begin(): void {
    if (this.forwarded) return
    this.forwarded = true
    this.#events.onFirstByte()
  }
}
