// The data port: one route for everything. Each request goes head → guard → handler → body → handler; the guard's refusals
// and whatever the handler throws end in an answer too. What the parser underneath gets wrong, and how this room makes up
// for it, is told in the README.

import {
  App,
  type HttpRequest,
  type HttpResponse,
  SSLApp,
  type TemplatedApp,
  us_listen_socket_close,
  us_socket_local_port,
} from 'uWebSockets.js'
import { accessSync, constants } from 'node:fs'
import type { Clock, Timer } from '../../../shared/clock.ts'
import { limits } from '../../../shared/limits.ts'
import type { Notify } from '../../../shared/notice.ts'
import { BodyReader, emptyBody, PooledBody } from './body.ts'
import { declaredLength, type GuardRules, judgeBody, judgeFraming } from './guard.ts'
import { ReadHead } from './head.ts'
import type {
  Body,
  HttpHandler,
  HttpRefusal,
  HttpServer,
  HttpServerOptions,
  OnBody,
  RefusalAnswer,
  RequestHead,
} from './http.ts'
import { type ReplyRoom, UwsReply } from './reply.ts'
import { SlabPool } from './slabs.ts'

export interface HttpDeps {
  readonly clock: Clock
  readonly notify: Notify
}

const bodyDeadlineMsDefault = 120_000
const sweepMs = 1_000
const overloadRetryMs = 1_000
/** An early refusal leaves the body unread; beyond this size it is not worth reading it only to keep the connection. */
const unreadBytesMax = 1 << 20

/** Resolves once the port is open; rejects when it cannot be. */
export async function startHttpServer(
  options: HttpServerOptions,
  handler: HttpHandler,
  deps: HttpDeps,
): Promise<HttpServer> {
  const server = new UwsServer(options, handler, deps)
  await server.listen()
  return server
}

class UwsServer implements HttpServer, ReplyRoom {
  readonly #options: HttpServerOptions
  readonly #handler: HttpHandler
  readonly #deps: HttpDeps
  readonly #rules: GuardRules
  readonly #slabs: SlabPool
  readonly #app: TemplatedApp
  readonly #bodyDeadlineMs: number
  /** Bodies that did not arrive in one piece. */
  readonly #slowBodies = new Map<UwsReply, BodyReader>()
  readonly stalled = new Set<UwsReply>()
  current: UwsReply | undefined = undefined
  draining = false
  openRequests = 0
  port = 0
  #listenSocket: Parameters<typeof us_listen_socket_close>[0] | undefined
  #sweep: Timer | undefined

  constructor(options: HttpServerOptions, handler: HttpHandler, deps: HttpDeps) {
    this.#options = options
    this.#handler = handler
    this.#deps = deps
    this.#rules = {
      hosts: options.hosts,
      behindProxy: options.trustedProxies.length > 0,
      bodyBytesMax: options.bodyBytesMax,
      mediaTypes: options.mediaTypes ?? ['application/json'],
    }
    this.#slabs = new SlabPool(options.bodiesInFlightBytesMax ?? limits.bodiesInFlightBytesMax)
    this.#bodyDeadlineMs = options.bodyDeadlineMs ?? bodyDeadlineMsDefault
    this.#app = openApp(options)
    this.#app.any('/*', (response, request) => this.#route(response, request))
  }

  nowMs(): number {
    return this.#deps.clock.monotonicMs()
  }

  listen(): Promise<void> {
    const { host, port, exclusivePort } = this.#options
    return new Promise((resolve, reject) => {
      const listened: Listened = (socket) => {
        if (socket === false) {
          reject(new Error(`cannot listen on ${host}:${port}: the port is taken or the address is not this machine's`))
          return
        }
        this.#listenSocket = socket
        this.port = us_socket_local_port(socket)
        this.#sweep = this.#deps.clock.every(sweepMs, () => this.#sweepNow())
        resolve()
      }
      listenOn(this.#app, host, port, exclusivePort === true, listened)
    })
  }

  stopListening(): void {
    this.draining = true
    if (this.#listenSocket !== undefined) us_listen_socket_close(this.#listenSocket)
    this.#listenSocket = undefined
  }

  close(): void {
    this.stopListening()
    this.#sweep?.cancel()
    this.#app.close()
  }

  guarded(where: string, reply: UwsReply, run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#threw(where, error, undefined, reply)
    }
  }

  #route(response: HttpResponse, request: HttpRequest): void {
    const reply = new UwsReply(response, this)
    this.current = reply
    let head: ReadHead | undefined
    try {
      head = new ReadHead(request)
      reply.bodiless = head.method === 'HEAD'
      this.#serve(head, reply, response)
    } catch (error) {
      this.#threw('onHead', error, head, reply)
    }
    this.current = undefined
  }

  #serve(head: ReadHead, reply: UwsReply, response: HttpResponse): void {
    const flaw = judgeFraming(head, this.#rules)
    if (flaw !== undefined) {
      this.#refuseLater(head, reply, flaw)
      return
    }
    if (head.transferEncodingCount > 0) {
      this.#serveChunked(head, reply, response)
      return
    }
    const length = declaredLength(head)
    if (length > unreadBytesMax) reply.closing = true
    const onBody = this.#handler.onHead(head, reply)
    if (onBody === undefined || reply.gone) return
    reply.closing = false
    const problem = judgeBody(head, this.#rules)
    if (problem !== undefined) this.#refuseLater(head, reply, problem)
    else if (length === 0) this.#deliver(head, reply, emptyBody, onBody)
    else this.#read(head, reply, response, new BodyReader(this.#slabs, length, length), onBody)
  }

  #read(head: ReadHead, reply: UwsReply, response: HttpResponse, reader: BodyReader, onBody: OnBody): void {
    if (!reader.hasRoom) {
      this.#refuseLater(head, reply, { type: 'overloaded', retryAfterMs: overloadRetryMs })
      return
    }
    reply.onLost = () => this.#dropBody(reply, reader)
    response.onData((chunk, isLast) => {
      if (reply.gone) return
      const read = reader.add(chunk)
      if (read !== 'read') {
        this.#dropBody(reply, reader)
        this.#refuseLater(head, reply, this.#refusalOf(read))
      } else if (!isLast) {
        this.#watchSlowBody(reply, reader)
      } else {
        reply.onLost = undefined
        this.#slowBodies.delete(reply)
        this.current = reply
        this.#deliver(head, reply, reader.finish(), onBody)
        this.current = undefined
      }
    })
  }

  /** The parser misreads some chunked bodies, and what follows may be a request that was smuggled in. So nothing is answered
   *  within its callbacks: it drops what follows while an answer is due, and the connection closes after that. */
  #serveChunked(head: ReadHead, reply: UwsReply, response: HttpResponse): void {
    reply.closing = true
    const reader = new BodyReader(this.#slabs, undefined, this.#rules.bodyBytesMax)
    if (!reader.hasRoom) {
      this.#refuseLater(head, reply, { type: 'overloaded', retryAfterMs: overloadRetryMs })
      return
    }
    let onBody: OnBody | undefined
    let complete = false
    let refused = false
    const deliver = () => {
      reply.onLost = undefined
      this.#slowBodies.delete(reply)
      if (!reply.gone) this.#deliver(head, reply, reader.finish(), onBody!)
    }
    reply.onLost = () => this.#dropBody(reply, reader)
    setImmediate(() => {
      if (reply.gone || refused) return
      this.guarded('onHead', reply, () => {
        onBody = this.#handler.onHead(head, reply)
        if (reply.gone) return
        const problem = onBody === undefined ? undefined : judgeBody(head, this.#rules)
        if (onBody === undefined || problem !== undefined) {
          refused = true
          this.#dropBody(reply, reader)
          if (problem !== undefined) this.#refuse(head, reply, problem)
        } else if (complete) deliver()
      })
    })
    response.onData((chunk, isLast) => {
      if (reply.gone || refused) return
      const read = reader.add(chunk)
      if (read !== 'read') {
        refused = true
        this.#dropBody(reply, reader)
        this.#refuseLater(head, reply, this.#refusalOf(read))
      } else if (!isLast) {
        this.#watchSlowBody(reply, reader)
      } else {
        complete = true
        if (onBody !== undefined) setImmediate(deliver)
      }
    })
  }

  #deliver(head: RequestHead, reply: UwsReply, body: Body, onBody: OnBody): void {
    try {
      onBody(body)
    } catch (error) {
      if (body instanceof PooledBody) body.forsake()
      this.#threw('onBody', error, head, reply)
    }
  }

  #refusalOf(read: 'too-large' | 'overloaded'): HttpRefusal {
    if (read === 'too-large') return { type: 'body-too-large', maxBytes: this.#rules.bodyBytesMax }
    return { type: 'overloaded', retryAfterMs: overloadRetryMs }
  }

  #watchSlowBody(reply: UwsReply, reader: BodyReader): void {
    if (reader.startedMs !== 0) return
    reader.startedMs = this.nowMs()
    this.#slowBodies.set(reply, reader)
  }

  #dropBody(reply: UwsReply, reader: BodyReader): void {
    reader.drop()
    reply.onLost = undefined
    this.#slowBodies.delete(reply)
  }

  #refuseLater(head: RequestHead | undefined, reply: UwsReply, refusal: HttpRefusal): void {
    setImmediate(() => this.#refuse(head, reply, refusal))
  }

  #refuse(head: RequestHead | undefined, reply: UwsReply, refusal: HttpRefusal): void {
    if (reply.gone) return
    reply.closing = true
    const answer = this.#refusalAnswer(head, refusal)
    if (reply.started) reply.abort()
    else reply.send(answer.status, answer.headers, answer.body)
  }

  #refusalAnswer(head: RequestHead | undefined, refusal: HttpRefusal): RefusalAnswer {
    try {
      return this.#handler.refusal(head, refusal)
    } catch (error) {
      this.#deps.notify({ type: 'handler-threw', where: 'refusal', message: messageOf(error) })
      const headers = ['content-type', 'application/json']
      if (head?.requestId !== undefined) headers.push('x-request-id', head.requestId)
      const text = 'The request could not be answered because of a fault in the gateway.'
      return {
        status: 500,
        headers,
        body: JSON.stringify({ error: { message: text, type: 'server_error', param: null, code: 'internal_error' } }),
      }
    }
  }

  /** A bug in the handler costs one answer, never the process. */
  #threw(where: string, error: unknown, head: RequestHead | undefined, reply: UwsReply): void {
    this.#deps.notify({ type: 'handler-threw', where, message: messageOf(error) })
    if (reply.gone) return
    if (reply.started) reply.cut()
    else this.#refuseLater(head, reply, { type: 'internal' })
  }

  #sweepNow(): void {
    const nowMs = this.nowMs()
    for (const reply of this.stalled) reply.judgeSlowness(nowMs)
    for (const [reply, reader] of this.#slowBodies) {
      if (nowMs - reader.startedMs > this.#bodyDeadlineMs) reply.cut()
    }
    this.#slabs.trim()
  }
}

function openApp(options: HttpServerOptions): TemplatedApp {
  if (options.tls === undefined) return App()
  // A file that is missing would only show as connections that fail.
  accessSync(options.tls.certFile, constants.R_OK)
  accessSync(options.tls.keyFile, constants.R_OK)
  return SSLApp({ cert_file_name: options.tls.certFile, key_file_name: options.tls.keyFile })
}

type Listened = (socket: Parameters<typeof us_listen_socket_close>[0] | false) => void

/** LIBUS_LISTEN_EXCLUSIVE_PORT; the package exports it at run time but not in its types. */
const exclusively = 1

function listenOn(app: TemplatedApp, host: string, port: number, exclusive: boolean, listened: Listened): void {
  // The binary takes options behind a host and a port; its types do not say so either.
  type Listen = (this: TemplatedApp, host: string, port: number, options: number, listened: Listened) => unknown
  const listen = app.listen as unknown as Listen
  listen.call(app, host, port, exclusive ? exclusively : 0, listened)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
