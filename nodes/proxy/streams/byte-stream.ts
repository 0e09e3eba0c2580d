// Passes an answer of opaque bytes through: audio, a file, text. Its format has no error event, so a failure after the first byte
// cuts the connection.
import type { AnswerStream, StreamOptions, StreamSink, StreamTiming, StreamTokens } from './answer-stream.ts'

export class ByteStream implements AnswerStream {
  readonly contentType: string
  readonly opaque = true
  readonly finished = false
  readonly complete = false
  readonly errorMessage = undefined
  readonly error = undefined
  readonly units = undefined
  readonly keepAlive = undefined
  readonly #sink: StreamSink
  forwarded = false
  /** All bytes count as one token, so that the time to the first byte is recorded. */
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

  /** Does nothing: opaque bytes are complete at their end alone. */
  stop(): void {}

  tokens(): StreamTokens {
    return { tokens: { input: 0, output: 0, cached: 0 }, estimated: false }
  }

  outputSoFar(): number {
    return 0
  }

  /** Bytes end where their sender ends them. */
  curtail(): undefined {}

  failure(): undefined {}

  #begin(): void {
    if (this.forwarded) return
    this.forwarded = true
    this.#sink.onFirstByte()
  }
}
