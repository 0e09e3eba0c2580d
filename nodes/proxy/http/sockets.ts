// WebSockets at the data port. A handshake is judged like any request, and answered only once the handler says how: with a
// refusal, or by opening the socket. One class owns each open one, since a socket that is touched after its end throws
// inside native code.
import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t, WebSocket } from 'uWebSockets.js'
import { bounds } from '../../../shared/bounds.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { EarlyErrors } from './early-errors.ts'
import { declaredLength, type FramingRules, judgeFraming } from './framing-rules.ts'
import { ReadHead } from './head.ts'
import { headerBlock } from './header-block.ts'
import type { ClientSocket, HeaderLines, HttpError, HttpHandler, SocketHandler, Upgrade } from './http.ts'
import { type ReplyRoom, UwsReply } from './reply.ts'

export interface SocketParts {
  readonly room: ReplyRoom
  readonly rules: FramingRules
  readonly handler: HttpHandler
  readonly refusals: EarlyErrors
  readonly clock: Clock
}

/** What was said last may still be on its way when a socket is closed: so long it counts as open. */
const lastBytesMs = 500
/** Seconds; the client is pinged before they are over, and one that does not answer is gone. */
const silenceSecondsMax = 60

export function serveSockets(app: TemplatedApp, parts: SocketParts): void {
  for (const path of parts.handler.socketPaths ?? []) {
    app.ws<Owned>(path, {
      maxPayloadLength: bounds.socketMessageBytesMax,
      // Whoever sends holds to the bound, and never drops a message.
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
  const { room, handler, refusals, rules } = parts
  const reply = new UwsReply(response, room)
  room.current = reply
  let head: ReadHead | undefined
  try {
    head = new ReadHead(request)
    const refusal = judgeFraming(head, rules) ?? bodyIn(head)
    if (refusal !== undefined) refusals.refuseLater(head, reply, refusal)
    else handler.onUpgrade?.(head, new UwsUpgrade(parts, reply, request, context))
  } catch (error) {
    refusals.threw('onUpgrade', error, head, reply)
  }
  room.current = undefined
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
    // No extension: what is compressed would have to be unpacked and packed again for the other side.
    this.reply.upgrade((response) => {
      // Status and headers in one string, as everywhere.
      response.writeStatus(headerBlock(101, headers))
      response.upgrade({ owner: socket }, this.#key, protocol, '', this.#context)
    })
    return socket
  }
}

/** The binary copies what it is given by its enumerable members, so an instance would arrive without what makes it one. */
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
    this.#parts.clock.after(lastBytesMs, () => this.#parts.room.openRequests--)
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
    this.#socket = socket
    this.#parts.room.openRequests++
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
    this.#parts.room.openRequests--
  }

  #guarded(where: string, run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#parts.refusals.threw(where, error, undefined, this.#reply)
      this.terminate()
    }
  }
}
