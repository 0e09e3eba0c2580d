// Takes in request bodies and hands them to the handler: those with a length, as they come, and chunked ones, with care.
import type { HttpResponse } from 'uWebSockets.js'
import { BodyReader, PooledBody } from './body.ts'
import type { EarlyErrors } from './early-errors.ts'
import { type FramingRules, judgeBody } from './framing-rules.ts'
import type { ReadHead } from './head.ts'
import type { Body, HttpError, HttpHandler, OnBody, RequestHead } from './http.ts'
import type { ReplyRoom, UwsReply } from './reply.ts'
import type { SlabPool } from './slabs.ts'

const overloaded: HttpError = { type: 'overloaded', retryAfterMs: 1_000 }

export interface IntakeParts {
  readonly room: ReplyRoom
  readonly rules: FramingRules
  readonly handler: HttpHandler
  readonly slabs: SlabPool
  readonly refusals: EarlyErrors
  readonly deadlineMs: number
}

export class Intake {
  readonly #parts: IntakeParts
  /** Bodies that did not arrive in one piece. */
  readonly #slow = new Map<UwsReply, BodyReader>()

  constructor(parts: IntakeParts) {
    this.#parts = parts
  }

  deliver(head: RequestHead, reply: UwsReply, body: Body, onBody: OnBody): void {
    try {
      onBody(body)
    } catch (error) {
      if (body instanceof PooledBody) body.forsake()
      this.#parts.refusals.threw('onBody', error, head, reply)
    }
  }

  /** Reads a body of `length` > 0 bytes; the parser never shows more. */
  read(head: ReadHead, reply: UwsReply, response: HttpResponse, length: number, onBody: OnBody): void {
    const { room, slabs, refusals } = this.#parts
    const reader = new BodyReader(slabs, length, length)
    if (!reader.hasRoom) {
      refusals.refuseLater(head, reply, overloaded)
      return
    }
    reply.onSettled = () => this.#drop(reply, reader)
    response.onData((chunk, isLast) => {
      if (reply.gone) return
      const read = reader.add(chunk)
      if (read !== 'read') {
        this.#stop(head, reply, reader, read)
      } else if (!isLast) {
        this.#watch(reply, reader)
      } else {
        this.#close(reply)
        room.current = reply
        this.deliver(head, reply, reader.finish(), onBody)
        room.current = undefined
      }
    })
  }

  /** The parser misreads some chunked bodies, and what follows may be a request that was smuggled in. So nothing is answered
   *  within its callbacks: it drops what follows while an answer is due, and the connection closes after that. */
  readChunked(head: ReadHead, reply: UwsReply, response: HttpResponse): void {
    const { room, rules, handler, slabs, refusals } = this.#parts
    reply.closing = true
    const reader = new BodyReader(slabs, undefined, rules.bodyBytesMax)
    if (!reader.hasRoom) {
      refusals.refuseLater(head, reply, overloaded)
      return
    }
    let onBody: OnBody | undefined
    let complete = false
    let refused = false
    const finish = (onBody: OnBody) => {
      this.#close(reply)
      if (!reply.gone) this.deliver(head, reply, reader.finish(), onBody)
    }
    const ask = () => {
      onBody = handler.onHead(head, reply)
      if (reply.gone) return
      const problem = onBody === undefined ? undefined : judgeBody(head, rules)
      if (onBody !== undefined && problem === undefined) {
        if (complete) finish(onBody)
        return
      }
      refused = true
      this.#drop(reply, reader)
      if (problem !== undefined) refusals.refuseLater(head, reply, problem)
    }
    reply.onSettled = () => this.#drop(reply, reader)
    setImmediate(() => {
      if (!reply.gone && !refused) room.guarded('onHead', reply, ask)
    })
    response.onData((chunk, isLast) => {
      if (reply.gone || refused) return
      const read = reader.add(chunk)
      if (read !== 'read') {
        refused = true
        this.#stop(head, reply, reader, read)
      } else if (!isLast) {
        this.#watch(reply, reader)
      } else {
        complete = true
        const then = onBody
        if (then !== undefined) setImmediate(() => finish(then))
      }
    })
  }

  /** Cuts bodies that take too long in all. */
  sweep(nowMs: number): void {
    for (const [reply, reader] of this.#slow) {
      if (nowMs - (reader.startedMs ?? nowMs) > this.#parts.deadlineMs) reply.cut()
    }
  }

  #stop(head: RequestHead, reply: UwsReply, reader: BodyReader, why: 'too-large' | 'overloaded'): void {
    this.#drop(reply, reader)
    const tooLarge: HttpError = { type: 'body-too-large', maxBytes: this.#parts.rules.bodyBytesMax }
    this.#parts.refusals.refuseLater(head, reply, why === 'too-large' ? tooLarge : overloaded)
  }

  #watch(reply: UwsReply, reader: BodyReader): void {
    if (reader.startedMs !== undefined) return
    reader.startedMs = this.#parts.room.nowMs()
    this.#slow.set(reply, reader)
  }

  #drop(reply: UwsReply, reader: BodyReader): void {
    reader.drop()
    this.#close(reply)
  }

  #close(reply: UwsReply): void {
    reply.onSettled = undefined
    this.#slow.delete(reply)
  }
}
