// WebSockets at the data port. A handshake is checked like any request and answered once the handler decides: with an error,
// or by opening the socket. One class owns each open socket, since a call on a socket after its end throws in native code.
import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t, WebSocket } from 'uWebSockets.js'
import { bounds } from '../../../shared/bounds.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { EarlyErrors } from './early-errors.ts'
import { checkFraming, declaredLength, type FramingRules } from './framing-rules.ts'
import { ReadHead } from './head.ts'
import { headerBlock } from './header-block.ts'
import type { ClientSocket, HeaderLines, HttpError, HttpHandler, SocketHandler, Upgrade } from './http.ts'
import { type ReplyServer, UwsReply } from './reply.ts'
import type { SpareResponse } from './spare-response.ts'

export interface SocketParts {
  readonly server: ReplyServer
  readonly rules: FramingRules
  readonly handler: HttpHandler
  readonly earlyErrors: EarlyErrors
  readonly clock: Clock
  readonly spare: SpareResponse
}

/** A closed socket counts as open for this long, while its last bytes are on their way. */
const lastBytesMs = 500
/** The client is pinged before this time is over. A client that does not answer is gone. */
const silenceSecondsMax = 60

export function serveSockets(app: TemplatedApp, parts: SocketParts): void {
  if (parts.handler.socketPaths !== undefined) parts.spare.open()
  for (const path of parts.handler.socketPaths ?? []) {
    app.ws<Owned>(path, {
      maxPayloadLength: bounds.socketMessageBytesMax,
      // No limit: the sender watches `bufferedBytes` itself, and a limit here would drop messages.
      maxBackpressure: 0,
      idleTimeout: silenceSecondsMax,
      sendPingsAutomatically: true,
      upgrade: (response, request, context) => route(parts, response, request, context),
      open: (socket) => socket.getUserData().owner.opened(socket),
      message: (socket, message, isBinary) => socket.getUserData().owner.received(message, isBinary),
      drain: (socket) => socket.getUserData().owner.drained(),
      close: (socket, code, message) => socket.getUserData().owner.closed(code, Buffer.from(Buffer.from(message))),
    })
  }
}

function route(parts: SocketParts, response: HttpResponse, request: HttpRequest, context: us_socket_context_t): void {
  const { server, earlyErrors, rules } = parts
  const reply = new UwsReply(response, server)
  server.current = reply
  let head: ReadHead | undefined
  try {
    head = new ReadHead(request)
    const problem = checkFraming(head, rules) ?? bodyIn(head)
    if (problem !== undefined) earlyErrors.answerLater(head, reply, problem)
    else ask(parts, head, new UwsUpgrade(parts, reply, request, context))
  } catch (error) {
    earlyErrors.threw('onUpgrade', error, head, reply)
  }
  server.current = undefined
}

/** Behind a proxy a body may follow that the head hides (`server.ts`): what follows must not run as a request. */
function ask({ handler, earlyErrors, rules }: SocketParts, head: ReadHead, upgrade: UwsUpgrade): void {
  if (!rules.behindProxy) {
    handler.onUpgrade?.(head, upgrade)
    return
  }
  const { reply } = upgrade
  reply.closing = true
  setImmediate(() => {
    try {
      if (!reply.gone) handler.onUpgrade?.(head, upgrade)
    } catch (error) {
      earlyErrors.threw('onUpgrade', error, head, reply)
    }
  })
}

function bodyIn(head: ReadHead): HttpError | undefined {
  if (declaredLength(head) === 0 && head.transferEncodingCount === 0) return undefined
  return { type: 'bad-framing', message: 'A WebSocket handshake has no body.' }
}

class UwsUpgrade implements Upgrade {
  readonly reply: UwsReply
  readonly protocols: readonly string[]
  readonly #parts: SocketParts
  readonly #key: string
  readonly #context: us_socket_context_t

  constructor(parts: SocketParts, reply: UwsReply, request: HttpRequest, context: us_socket_context_t) {
    this.#parts = parts
    this.reply = reply
    this.protocols = request
      .getHeader('sec-websocket-protocol')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
    this.#key = request.getHeader('sec-websocket-key')
    this.#context = context
  }

  accept(protocol: string, headers: HeaderLines, handler: SocketHandler): ClientSocket {
    const socket = new UwsSocket(this.#parts, this.reply, handler)
    // No extension is negotiated: compressed messages would have to be unpacked and packed again for the upstream.
    this.reply.upgrade(headerBlock(101, headers, this.#parts.server.fixedLines), (response) =>
      this.#parts.spare.cork(() => response.upgrade({ owner: socket }, this.#key, protocol, '', this.#context)),
    )
    return socket
  }
}

/** The user data of a socket. The binary copies its enumerable members, so an instance of a class would lose its methods. */
interface Owned {
  owner: UwsSocket
}

class UwsSocket implements ClientSocket {
  readonly #parts: SocketParts
  readonly #reply: UwsReply
  readonly #handler: SocketHandler
  #socket: WebSocket<Owned> | undefined

  constructor(parts: SocketParts, reply: UwsReply, handler: SocketHandler) {
    this.#parts = parts
    this.#reply = reply
    this.#handler = handler
  }

  get bufferedBytes(): number {
    return this.#socket?.getBufferedAmount() ?? 0
  }

  send(message: Uint8Array, isBinary: boolean): void {
    this.#socket?.send(message, isBinary, false)
  }

  close(code: number | undefined, reason: string): void {
    const socket = this.#socket
    if (socket === undefined) return
    this.#socket = undefined
    this.#parts.clock.after(lastBytesMs, () => this.#parts.server.openRequests--)
    if (code === undefined) socket.end()
    else socket.end(code, reason)
  }

  terminate(): void {
    const socket = this.#socket
    if (socket === undefined) return
    this.#lost()
    socket.close()
  }

  opened(socket: WebSocket<Owned>): void {
    const { server } = this.#parts
    this.#socket = socket
    server.openRequests++
    // The binary never tells that the connection of a WebSocket has closed.
    server.openConnections--
  }

  received(message: ArrayBuffer, isBinary: boolean): void {
    if (this.#socket === undefined) return
    this.#guarded('onMessage', () => this.#handler.onMessage(Buffer.from(message), isBinary))
  }

  drained(): void {
    if (this.#socket !== undefined) this.#guarded('onDrain', () => this.#handler.onDrain())
  }

  closed(code: number, reason: Buffer): void {
    if (this.#socket === undefined) return
    this.#lost()
    this.#guarded('onClose', () => this.#handler.onClose(code, reason.toString('utf8')))
  }

  #lost(): void {
    this.#socket = undefined
    this.#parts.server.openRequests--
  }

  #guarded(where: string, run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#parts.earlyErrors.threw(where, error, undefined, this.#reply)
      this.terminate()
    }
  }
}
