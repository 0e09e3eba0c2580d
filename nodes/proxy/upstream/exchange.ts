// One request and its answer, whichever connection carries them. It keeps the promises made to the caller: one end or one
// error, none after `abort()`, and exactly one `onBodySent`.
import type { AnswerHead } from './parser/answer-head.ts'
import type { AnswerSink } from './parser/answer-parser.ts'
import { type OutgoingRequest, prepareRequest } from './request-bytes.ts'
import type { UpstreamCall, UpstreamError, UpstreamHandler, UpstreamRequest } from './upstream.ts'

export type ExchangeFailure = Pick<UpstreamError, 'type' | 'message'>

/** The connection that an exchange is carried by. */
export interface Carrier {
  pause(): void
  resume(): void
  close(): void
  /** The exchange has its whole answer. */
  answered(): void
}

export class Exchange implements UpstreamCall, AnswerSink {
  readonly method: UpstreamRequest['method']
  readonly connectTimeoutMs: number
  /** The request; undefined once the answer has begun, so that ten thousand open streams do not keep their prompts in memory. */
  outgoing: OutgoingRequest | undefined
  /** Whether any byte of the request was given to a socket. */
  sent = false
  paused = false
  readonly #handler: UpstreamHandler
  #connection: Carrier | undefined
  #bodyHeld = true
  #over = false

  constructor(request: UpstreamRequest, handler: UpstreamHandler) {
    this.method = request.method
    this.connectTimeoutMs = request.connectTimeoutMs
    this.outgoing = prepareRequest(request)
    this.#handler = handler
  }

  /** Whether the request could be written again if its connection were lost now. */
  get replayable(): boolean {
    return this.outgoing !== undefined && (this.outgoing.pieces === undefined || this.#bodyHeld)
  }

  /** The connection that carries the exchange from now on. */
  carriedBy(connection: Carrier): void {
    this.#connection = connection
  }

  bodyReleased(): void {
    if (!this.#bodyHeld || this.#over) return
    this.#bodyHeld = false
    this.#handler.onBodySent()
  }

  onHead(head: AnswerHead): void {
    // The pieces of a large request may still be on their way; the socket holds them.
    this.outgoing = undefined
    this.#handler.onHead(head)
  }

  onData(chunk: Uint8Array): void {
    this.#handler.onData(chunk)
  }

  onEnd(): void {
    const connection = this.#connection
    this.#connection = undefined
    // The connection must be free (or closed, and its pieces dropped) before the caller is told and may send again.
    connection?.answered()
    this.bodyReleased()
    if (this.#over) return
    this.#over = true
    this.#handler.onEnd()
  }

  fail({ type, message }: ExchangeFailure): void {
    this.#connection = undefined
    this.bodyReleased()
    if (this.#over) return
    this.#over = true
    this.#handler.onError({ type, message, sent: this.sent })
  }

  pause(): void {
    if (this.#over) return
    this.paused = true
    this.#connection?.pause()
  }

  resume(): void {
    if (this.#over) return
    this.paused = false
    this.#connection?.resume()
  }

  abort(): void {
    if (this.#over) return
    this.#over = true
    const connection = this.#connection
    this.#connection = undefined
    connection?.close()
  }
}
