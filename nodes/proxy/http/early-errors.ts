// Answers requests that this room rejects itself, and those whose handler throws. The answers are sent from `setImmediate`
// and close the connection: an answer within the parser's callback would let the parser run the bytes behind a malformed
// request as the next request.
import type { Notify } from '../../../shared/notice.ts'
import type { ErrorReply, HttpError, HttpHandler, RequestHead } from './http.ts'
import type { UwsReply } from './reply.ts'

export class EarlyErrors {
  readonly #handler: HttpHandler
  readonly #notify: Notify

  constructor(handler: HttpHandler, notify: Notify) {
    this.#handler = handler
    this.#notify = notify
  }

  /** `keep`: the framing of the request is sound, so its connection may stay open. */
  answerLater(head: RequestHead | undefined, reply: UwsReply, error: HttpError, keep = false): void {
    setImmediate(() => this.#answerNow(head, reply, error, keep))
  }

  /** A bug in the handler costs one answer, never the process. */
  threw(where: string, error: unknown, head: RequestHead | undefined, reply: UwsReply): void {
    this.#notify({ type: 'handler-threw', where, message: messageOf(error) })
    if (reply.gone) return
    if (reply.headed) reply.cut()
    else this.answerLater(head, reply, { type: 'internal' })
  }

  #answerNow(head: RequestHead | undefined, reply: UwsReply, error: HttpError, keep: boolean): void {
    if (reply.gone) return
    reply.closing = !keep
    const answer = this.#replyTo(head, error)
    if (reply.headed) reply.abort()
    else reply.send(answer.status, answer.headers, answer.body)
  }

  #replyTo(head: RequestHead | undefined, error: HttpError): ErrorReply {
    try {
      return this.#handler.answerOf(head, error)
    } catch (error) {
      this.#notify({ type: 'handler-threw', where: 'answerOf', message: messageOf(error) })
      return lastResort(head)
    }
  }
}

function lastResort(head: RequestHead | undefined): ErrorReply {
  const headers = ['content-type', 'application/json']
  if (head?.requestId !== undefined) headers.push('x-request-id', head.requestId)
  const message = 'The request could not be answered because of a fault in the gateway. Try again later.'
  const error = { message, type: 'server_error', param: null, code: 'internal_error' }
  return { status: 500, headers, body: JSON.stringify({ error }) }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
