// Reads request bodies and passes them to the handler: bodies with a length within the parser's callbacks, chunked bodies
// outside of them.
import type { HttpResponse } from 'uWebSockets.js'
import { AfterPoll } from './after-poll.ts'
import { BodyReader, PooledBody } from './body.ts'
import type { EarlyErrors } from './early-errors.ts'
import { checkBody, type FramingRules } from './framing-rules.ts'
import type { ReadHead } from './head.ts'
import type { Body, HttpError, HttpHandler, OnBody, RequestHead } from './http.ts'
import type { ReplyServer, UwsReply } from './reply.ts'
import type { SlabPool } from './slabs.ts'

const bodyMemoryRetryMs = 1_000

export interface IntakeParts {
  readonly server: ReplyServer
  readonly rules: FramingRules
  readonly handler: HttpHandler
  readonly slabs: SlabPool
  readonly earlyErrors: EarlyErrors
  readonly deadlineMs: number
}

/** A request whose chunked body is being read. */
interface ChunkedRequest {
  readonly head: ReadHead
  readonly reply: UwsReply
  readonly reader: BodyReader
  /** What takes the body; undefined until the handler has asked for it. */
  onBody: OnBody | undefined
  isWhole: boolean
  isRejected: boolean
}

interface WholeRequest {
  readonly head: ReadHead
  readonly reply: UwsReply
  readonly reader: BodyReader
  readonly onBody: OnBody
}

export class Intake {
  readonly #parts: IntakeParts
  /** Bodies that did not arrive in one chunk, for the deadline. */
  readonly #incomplete = new Map<UwsReply, BodyReader>()
  /** Bodies that have arrived. A client that has closed its side, or has sent the next request behind this one, loses its
   *  connection to the binary now, before anything is sent to a provider. */
  readonly #whole = new AfterPoll()

  constructor(parts: IntakeParts) {
    this.#parts = parts
  }

  deliver(head: RequestHead, reply: UwsReply, body: Body, onBody: OnBody): void {
    try {
      onBody(body)
    } catch (error) {
      if (body instanceof PooledBody) body.abandon()
      this.#parts.earlyErrors.threw('onBody', error, head, reply)
    }
  }

  /** Reads a body of `length` > 0 bytes. The parser never shows more. */
  read(head: ReadHead, reply: UwsReply, response: HttpResponse, length: number, onBody: OnBody): void {
    const { slabs } = this.#parts
    const reader = new BodyReader(slabs, length, length)
    reader.belongsTo(reply.bodyOwner)
    reply.onSettled = () => this.#drop(reply, reader)
    response.onData((chunk, isLast) => {
      if (reply.gone) return
      const read = reader.add(chunk)
      if (read === 'over') return
      if (read !== 'read') {
        this.#stop(head, reply, reader, read)
      } else if (!isLast) {
        this.#startDeadline(reply, reader)
      } else {
        this.#incomplete.delete(reply)
        this.#whole.add(() => this.#finish({ head, reply, reader, onBody }))
      }
    })
  }

  /** Reads a chunked body. The parser misreads some of them, and what follows may be a smuggled request. So nothing is
   *  answered within its callbacks: it drops what follows while an answer is due, and the connection closes after the answer. */
  readChunked(head: ReadHead, reply: UwsReply, response: HttpResponse): void {
    const { server, rules, slabs } = this.#parts
    reply.closing = true
    const reader = new BodyReader(slabs, undefined, rules.bodyBytesMax)
    const request: ChunkedRequest = { head, reply, reader, onBody: undefined, isWhole: false, isRejected: false }
    reply.onSettled = () => this.#drop(reply, reader)
    setImmediate(() => {
      if (!reply.gone && !request.isRejected) server.guarded('onHead', reply, () => this.#askHandler(request))
    })
    response.onData((chunk, isLast) => this.#addChunk(request, chunk, isLast))
  }

  /** Cuts requests whose bodies take longer than the deadline. The binary cuts those that come at less than 16 KB/s. */
  sweep(nowMs: number): void {
    for (const [reply, reader] of this.#incomplete) {
      if (nowMs - (reader.startedMs ?? nowMs) > this.#parts.deadlineMs) reply.cut()
    }
  }

  #askHandler(request: ChunkedRequest): void {
    const { head, reply, reader } = request
    const onBody = this.#parts.handler.onHead(head, reply)
    request.onBody = onBody
    reader.belongsTo(reply.bodyOwner)
    if (reply.gone) return
    const problem = onBody === undefined ? undefined : checkBody(head, this.#parts.rules)
    if (onBody !== undefined && problem === undefined) {
      if (request.isWhole) this.#whole.add(() => this.#finish({ head, reply, reader, onBody }))
      return
    }
    request.isRejected = true
    this.#drop(reply, reader)
    if (problem !== undefined) this.#parts.earlyErrors.answerLater(head, reply, problem)
  }

  #addChunk(request: ChunkedRequest, chunk: ArrayBuffer, isLast: boolean): void {
    const { head, reply, reader, onBody } = request
    if (reply.gone || request.isRejected) return
    const read = reader.add(chunk)
    if (read === 'over') return
    if (read !== 'read') {
      request.isRejected = true
      this.#stop(head, reply, reader, read)
    } else if (!isLast) {
      this.#startDeadline(reply, reader)
    } else {
      request.isWhole = true
      if (onBody !== undefined) this.#whole.add(() => this.#finish({ head, reply, reader, onBody }))
    }
  }

  #finish({ head, reply, reader, onBody }: WholeRequest): void {
    if (reply.gone) return
    this.#close(reply)
    this.deliver(head, reply, reader.finish(), onBody)
  }

  #stop(head: RequestHead, reply: UwsReply, reader: BodyReader, why: 'too-large' | 'overloaded'): void {
    this.#drop(reply, reader)
    const { rules, slabs, earlyErrors } = this.#parts
    const tooLarge: HttpError = { type: 'body-too-large', maxBytes: rules.bodyBytesMax }
    const whose = slabs.budget.lastSpent
    const noMemory: HttpError = { type: 'no-body-memory', whose, retryAfterMs: bodyMemoryRetryMs }
    earlyErrors.answerLater(head, reply, why === 'too-large' ? tooLarge : noMemory)
  }

  #startDeadline(reply: UwsReply, reader: BodyReader): void {
    if (reader.startedMs !== undefined) return
    reader.startedMs = this.#parts.server.nowMs()
    this.#incomplete.set(reply, reader)
  }

  #drop(reply: UwsReply, reader: BodyReader): void {
    reader.drop()
    this.#close(reply)
  }

  #close(reply: UwsReply): void {
    reply.onSettled = undefined
    this.#incomplete.delete(reply)
  }
}
