// One request and its answer, whichever connection carries them. It owns the promises made to the caller: one end or
// one error, none after `abort()`, and the body's buffers given back exactly once.
import type { AnswerHead } from './answer-head.ts'
import type { AnswerSink } from './answer-parser.ts'
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
  /** Undefined once the answer has begun: ten thousand open streams must not hold on to their prompts. */
  outgoing: OutgoingRequest | undefined
  /** Any byte of the request was handed to a socket. */
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

  /** Whether the request could be written once more, should its connection be lost from now on. */
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
    // The pieces of a large request may still be on their way; the socket holds those.
    this.outgoing = undefined
    this.#handler.onHead(head)
  }

  onData(chunk: Uint8Array): void {
    this.#handler.onData(chunk)
  }

  onEnd(): void {
    const connection = this.#connection
    this.#connection = undefined
    // The connection is free (or closed, and its pieces dropped) before the caller hears of the end and sends anew.
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
