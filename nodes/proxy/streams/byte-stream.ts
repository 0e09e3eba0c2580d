// An answer whose bytes nobody reads on the way: audio, a file, text. It has no room for an error event, so a failure after its
// first byte cuts the connection.
import type { AnswerStream, StreamOptions, StreamSink, StreamTiming, StreamTokens } from './answer-stream.ts'

export class ByteStream implements AnswerStream {
  readonly contentType: string
  readonly opaque = true
  readonly finished = false
  readonly errorMessage = undefined
  readonly error = undefined
  readonly units = undefined
  readonly keepAlive = undefined
  readonly #sink: StreamSink
  forwarded = false
  /** Bytes count as one token, so that the time to the first of them is known. */
  timing: StreamTiming = { tokens: 0, firstTokenMs: 0, lastTokenMs: 0 }
  lastEventMs: number

  constructor(contentType: string, { sink, nowMs }: StreamOptions) {
    this.contentType = contentType
    this.#sink = sink
    this.lastEventMs = nowMs
  }

  push(bytes: Buffer, nowMs: number): 'ok' {
    if (bytes.length === 0) return 'ok'
    this.lastEventMs = nowMs
    if (this.timing.tokens === 0) this.timing = { tokens: 1, firstTokenMs: nowMs, lastTokenMs: nowMs }
    this.#begin()
    this.#sink.onBytes(bytes)
    return 'ok'
  }

  end(): 'whole' {
    this.#begin()
    this.#sink.onDone('')
    return 'whole'
  }

  tokens(): StreamTokens {
    return { tokens: { input: 0, output: 0, cached: 0 }, estimated: false }
  }

  failure(): undefined {}

  #begin(): void {
    if (this.forwarded) return
    this.forwarded = true
    this.#sink.onFirstByte()
  }
}
