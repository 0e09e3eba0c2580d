// One request and its answer, whichever connection carries them. It owns the promises made to the caller: one end or
// one error, none after `abort()`, and the body's buffers given back exactly once.
import type { AnswerHead } from './answer-head.ts'
import type { AnswerSink } from './answer-parser.ts'
import type { Connection } from './connection.ts'
import { bodyLength, bodyText, requestHead, textRequestBytesMax } from './request-bytes.ts'
import type { UpstreamCall, UpstreamError, UpstreamHandler, UpstreamRequest } from './upstream.ts'

export type ExchangeFailure = Pick<UpstreamError, 'type' | 'message'>

export class Exchange implements UpstreamCall, AnswerSink {
  readonly request: UpstreamRequest
  /** Complete request as one latin1 string; undefined when it is sent in pieces. */
  readonly text: string | undefined
  /** Head of a request that is sent in pieces. */
  readonly head: string
  /** Any byte of the request was handed to a socket. */
  sent = false
  replayed = false
  paused = false
  #handler: UpstreamHandler
  #connection: Connection | undefined
  #bodyHeld = true
  #over = false

  constructor(request: UpstreamRequest, handler: UpstreamHandler) {
    this.request = request
    this.#handler = handler
    const length = bodyLength(request.body)
    this.head = requestHead(request, length)
    this.text = this.head.length + length <= textRequestBytesMax ? this.head + bodyText(request.body) : undefined
  }

  get over(): boolean {
    return this.#over
  }

  /** Whether the request could be written once more. */
  get replayable(): boolean {
    return !this.replayed && (this.text !== undefined || this.#bodyHeld)
  }

  /** The connection that carries the exchange from now on. */
  carriedBy(connection: Connection): void {
    this.#connection = connection
  }

  bodyReleased(): void {
    if (!this.#bodyHeld || this.#over) return
    this.#bodyHeld = false
    this.#handler.onBodySent()
  }

  onHead(head: AnswerHead): void {
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
