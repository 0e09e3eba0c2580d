// The data port, with one route for everything. A request goes head → framing rules → handler → body → handler. Rejected
// requests and exceptions of the handler are answered too. The README tells what the parser gets wrong and how this room
// makes up for it.

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
import { cannotListen } from '../../../cluster/http-port/cannot-listen.ts'
import { bounds } from '../../../shared/bounds.ts'
import type { Clock, Timer } from '../../../shared/clock.ts'
import { forwardSecretCiphers } from '../../../shared/network/tls-rules.ts'
import type { Notify } from '../../../shared/notice.ts'
import { corsHeaders, isPreflight, preflightHeaders } from './cors.ts'
import { EarlyErrors } from './early-errors.ts'
import { checkBody, checkFraming, declaredLength, type FramingRules } from './framing-rules.ts'
import { ReadHead } from './head.ts'
import { fixedLines } from './header-block.ts'
import { emptyBody, type HttpHandler, type HttpServer, type HttpServerOptions } from './http.ts'
import { Intake } from './intake.ts'
import { type ReplyServer, UwsReply } from './reply.ts'
import { SharedBudget } from './shared-budget.ts'
import { SlabPool } from './slabs.ts'
import { serveSockets } from './sockets.ts'
import { SpareResponse } from './spare-response.ts'

export interface HttpDeps {
  readonly clock: Clock
  readonly notify: Notify
}

const bodyDeadlineMsDefault = 120_000
const sweepMs = 1_000
/** An early error leaves the body unread, and the parser skips it. Closing instead would make the kernel answer the rest of
 *  the body with a reset, and the client would lose the error before reading it. So the connection is closed only for bodies
 *  of more than twice the limit, which no well-behaved client sends. */
const unreadBodiesMax = 2

/** Resolves once the port is open, and rejects when it cannot be opened. */
export async function startHttpServer(
  options: HttpServerOptions,
  handler: HttpHandler,
  deps: HttpDeps,
): Promise<HttpServer> {
  const server = new UwsServer(options, handler, deps)
  await server.listen()
  return server
}

class UwsServer implements HttpServer, ReplyServer {
  readonly #options: HttpServerOptions
  readonly #handler: HttpHandler
  readonly #deps: HttpDeps
  readonly #rules: FramingRules
  readonly bodyMemory: SharedBudget
  readonly #slabs: SlabPool
  readonly #app: TemplatedApp
  readonly #earlyErrors: EarlyErrors
  readonly #intake: Intake
  readonly #spare = new SpareResponse()
  readonly stalled = new Set<UwsReply>()
  readonly fixedLines: string
  current: UwsReply | undefined = undefined
  draining = false
  openRequests = 0
  begunRequests = 0
  lastOwedMs = Number.NEGATIVE_INFINITY
  openConnections = 0
  port = 0
  #listenSocket: Parameters<typeof us_listen_socket_close>[0] | undefined
  #sweep: Timer | undefined

  constructor(options: HttpServerOptions, handler: HttpHandler, deps: HttpDeps) {
    this.#options = options
    this.#handler = handler
    this.#deps = deps
    this.fixedLines = fixedLines(options.tls)
    this.bodyMemory = new SharedBudget(options.bodiesInFlightBytesMax ?? bounds.bodiesInFlightBytesMax)
    this.#rules = {
      hosts: options.hosts,
      behindProxy: options.trustedProxies.length > 0,
      // A body that could never have room is too large, not unlucky.
      bodyBytesMax: Math.min(options.bodyBytesMax, this.bodyMemory.largestBytes),
      mediaTypes: options.mediaTypes ?? ['application/json'],
      mediaTypesAt: (path) => handler.mediaTypesAt?.(path),
    }
    this.#slabs = new SlabPool(this.bodyMemory)
    this.#earlyErrors = new EarlyErrors(handler, deps.notify)
    this.#intake = new Intake({
      server: this,
      rules: this.#rules,
      handler,
      slabs: this.#slabs,
      earlyErrors: this.#earlyErrors,
      deadlineMs: options.bodyDeadlineMs ?? bodyDeadlineMsDefault,
    })
    this.#app = openApp(options)
    serveSockets(this.#app, {
      server: this,
      rules: this.#rules,
      handler,
      earlyErrors: this.#earlyErrors,
      clock: deps.clock,
      spare: this.#spare,
    })
    this.#app.any('/*', (response, request) => this.#route(response, request))
    this.#app.filter(this.#countConnection)
  }

  readonly #countConnection = (_connection: HttpResponse, change: number): void => {
    this.openConnections += change
  }

  nowMs(): number {
    return this.#deps.clock.monotonicMs()
  }

  listen(): Promise<void> {
    const { host, port, exclusivePort } = this.#options
    return new Promise((resolve, reject) => {
      const listened: Listened = (socket) => {
        if (socket === false) {
          reject(new Error(cannotListen({ variable: 'HEADGATE_PORT', host, port })))
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
    this.#spare.close()
    this.#app.close()
  }

  guarded(where: string, reply: UwsReply, run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#earlyErrors.threw(where, error, undefined, reply)
    }
  }

  #route(response: HttpResponse, request: HttpRequest): void {
    const reply = new UwsReply(response, this)
    this.current = reply
    let head: ReadHead | undefined
    try {
      head = new ReadHead(request)
      reply.bodiless = head.method === 'HEAD'
      const { corsOrigins } = this.#options
      if (corsOrigins !== undefined) reply.cors = corsHeaders(head, corsOrigins)
      this.#serve(head, reply, response)
    } catch (error) {
      this.#earlyErrors.threw('onHead', error, head, reply)
    }
    this.current = undefined
  }

  #serve(head: ReadHead, reply: UwsReply, response: HttpResponse): void {
    const fault = checkFraming(head, this.#rules)
    if (fault !== undefined) {
      this.#earlyErrors.answerLater(head, reply, fault)
      return
    }
    if (head.transferEncodingCount > 0) this.#intake.readChunked(head, reply, response)
    else if (this.#rules.behindProxy && declaredLength(head) === 0) this.#askAlone(head, reply, response)
    else this.#ask(head, reply, response)
  }

  /** Answers a request that says it has no body, on a connection that other callers may share. A header with an empty name can
   *  hide from us the length that the proxy has seen: then the body is next on the connection, and must not run as a request of
   *  its own. While an answer is due the parser runs nothing; after it the connection closes. */
  #askAlone(head: ReadHead, reply: UwsReply, response: HttpResponse): void {
    reply.closing = true
    setImmediate(() => {
      if (reply.gone) return
      try {
        this.#ask(head, reply, response)
      } catch (error) {
        this.#earlyErrors.threw('onHead', error, head, reply)
      }
    })
  }

  #ask(head: ReadHead, reply: UwsReply, response: HttpResponse): void {
    const length = declaredLength(head)
    const skippable = length <= unreadBodiesMax * this.#rules.bodyBytesMax
    const isAlone = reply.closing
    reply.closing = isAlone || !skippable
    if (reply.cors !== undefined && length === 0 && isPreflight(head)) {
      reply.bodiless = true
      reply.begin(204, preflightHeaders(head))
      reply.end()
      return
    }
    const onBody = this.#handler.onHead(head, reply)
    if (onBody === undefined || reply.gone) return
    const problem = checkBody(head, this.#rules)
    if (problem !== undefined) {
      this.#earlyErrors.answerLater(head, reply, problem, skippable && !isAlone)
      return
    }
    reply.closing = isAlone
    if (length === 0) this.#intake.deliver(head, reply, emptyBody, onBody)
    else this.#intake.read(head, reply, response, length, onBody)
  }

  #sweepNow(): void {
    const nowMs = this.nowMs()
    for (const reply of this.stalled) reply.cutIfTooSlow(nowMs)
    this.#intake.sweep(nowMs)
    this.#slabs.trim()
  }
}

function openApp(options: HttpServerOptions): TemplatedApp {
  if (options.tls === undefined) return App()
  // Without this check a missing file would show only as failing connections.
  accessSync(options.tls.certFile, constants.R_OK)
  accessSync(options.tls.keyFile, constants.R_OK)
  return SSLApp({
    cert_file_name: options.tls.certFile,
    key_file_name: options.tls.keyFile,
    ssl_ciphers: forwardSecretCiphers.join(':'),
  })
}

type Listened = (socket: Parameters<typeof us_listen_socket_close>[0] | false) => void

/** LIBUS_LISTEN_EXCLUSIVE_PORT, which the package exports at run time but not in its types. */
const exclusively = 1

function listenOn(app: TemplatedApp, host: string, port: number, exclusive: boolean, listened: Listened): void {
  // The binary accepts options behind a host and a port, which its types do not declare.
  type Listen = (this: TemplatedApp, host: string, port: number, options: number, listened: Listened) => unknown
  const listen = app.listen as unknown as Listen
  listen.call(app, host, port, exclusive ? exclusively : 0, listened)
}
