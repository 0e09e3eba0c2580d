// The body of an upstream's answer on its way to whoever reads it: as it comes, or decoded where the upstream compressed it
// although it was asked not to.
import { DecodedAnswer, type DecodedSink, isEncoded } from '../upstream/parser/decoded-answer.ts'
import type { UpstreamCall } from '../upstream/upstream.ts'

export interface BodySink {
  onBody(bytes: Buffer): void
  onBodyEnd(): void
  /** Called when the body is not in the encoding that its head names, or ends in the middle. */
  onUndecodable(): void
}

export class EncodedBody implements DecodedSink {
  readonly #sink: BodySink
  #call: UpstreamCall | undefined
  #wasSent = false
  #decoder: DecodedAnswer | undefined

  constructor(sink: BodySink) {
    this.#sink = sink
  }

  /** Sets the exchange that the body comes from. */
  from(call: UpstreamCall): void {
    this.#call = call
  }

  /** Whether any byte of the request was sent. */
  get isSent(): boolean {
    return this.#call === undefined ? this.#wasSent : this.#call.sent
  }

  /** Begins a body in an encoding. False: nobody here can read the encoding. */
  open(encoding: string | undefined): boolean {
    if (!isEncoded(encoding)) return true
    this.#decoder = DecodedAnswer.open(encoding, this)
    return this.#decoder !== undefined
  }

  push(chunk: Uint8Array): void {
    if (this.#decoder === undefined) this.#sink.onBody(chunk as Buffer)
    else if (!this.#decoder.push(chunk)) this.#call?.pause()
  }

  end(): void {
    if (this.#decoder === undefined) this.#sink.onBodyEnd()
    else this.#decoder.end()
  }

  pause(): void {
    this.#decoder?.pause()
    this.#call?.pause()
  }

  resume(): void {
    this.#decoder?.resume()
    this.#call?.resume()
  }

  /** Ends the exchange from our side. */
  abort(): void {
    this.#call?.abort()
  }

  close(): void {
    this.#decoder?.close()
    this.#decoder = undefined
    this.#wasSent = this.isSent
    this.#call = undefined
  }

  // ── what the decoder says ────────────────────────────────────────────────────────────────────────────────────────

  onDecoded(bytes: Buffer): void {
    this.#sink.onBody(bytes)
  }

  onDecodedEnd(): void {
    this.#decoder = undefined
    this.#sink.onBodyEnd()
  }

  onUndecodable(): void {
    this.#decoder = undefined
    this.#sink.onUndecodable()
  }

  onDecoderReady(): void {
    this.#call?.resume()
  }
}
