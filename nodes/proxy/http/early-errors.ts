// The answers that this room gives itself: to flawed requests, and when the handler throws. They are sent from
// `setImmediate` and close the connection, because an answer within the parser's callback would let it run whatever stands
// behind a flawed request as the next one.
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

  /** `keep`: the request is framed soundly, and its connection may live on. */
  refuseLater(head: RequestHead | undefined, reply: UwsReply, refusal: HttpError, keep = false): void {
    setImmediate(() => this.#refuse(head, reply, refusal, keep))
  }

  /** A bug in the handler costs one answer, never the process. */
  threw(where: string, error: unknown, head: RequestHead | undefined, reply: UwsReply): void {
    this.#notify({ type: 'handler-threw', where, message: messageOf(error) })
    if (reply.gone) return
    if (reply.headed) reply.cut()
    else this.refuseLater(head, reply, { type: 'internal' })
  }

  #refuse(head: RequestHead | undefined, reply: UwsReply, refusal: HttpError, keep: boolean): void {
    if (reply.gone) return
    reply.closing = !keep
    const answer = this.#answer(head, refusal)
    if (reply.headed) reply.abort()
    else reply.send(answer.status, answer.headers, answer.body)
  }

  #answer(head: RequestHead | undefined, refusal: HttpError): ErrorReply {
    try {
      return this.#handler.answerOf(head, refusal)
    } catch (error) {
      this.#notify({ type: 'handler-threw', where: 'refusal', message: messageOf(error) })
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
