// The upstream leg of a WebSocket: the handshake with a provider, and its messages as callbacks. The protocol is the work
// of `ws`; where connections may go is judged here as for any other request.
import type { WebSocket } from 'ws'
import { bounds } from '../../../../shared/bounds.ts'
import { RequestChecker } from '../request-bytes.ts'
import type { UpstreamError, UpstreamOrigin } from '../upstream.ts'
import type { AddressBook } from './address-book.ts'
import { egressDenial, egressLookup } from './egress.ts'
import { bareHostname, isTlsError } from './socket.ts'
import { tunnelAgent } from './tunnel.ts'
import { webSocketLibrary } from './web-socket-library.ts'

export interface SocketRequest {
  readonly origin: UpstreamOrigin
  /** Path with its query. */
  readonly path: string
  /** See `UpstreamRequest.headerLines`. */
  readonly headerLines: string
  /** Time from the first packet to the answer of the handshake. */
  readonly handshakeTimeoutMs: number
}

/** One of `onOpen`, `onRefused` and `onError` comes first. After `onOpen` come messages and one `onClose`. */
export interface SocketEvents {
  onOpen(): void
  /** The upstream answered the handshake with an ordinary answer, such as an error. */
  onRefused(answer: {
    status: number
    contentType: string
    header(name: string): string | undefined
    body: Buffer
  }): void
  onError(error: UpstreamError): void
  onMessage(message: Buffer, isBinary: boolean): void
  /** Bytes that were sent are in the kernel. */
  onSent(): void
  /** `code` is 1005 when the upstream closed without a code, 1006 when the connection was lost. */
  onClose(code: number, reason: string): void
}

export interface UpstreamSocket {
  readonly bufferedBytes: number
  /** `message` is not copied and must not change afterwards. */
  send(message: Uint8Array, isBinary: boolean): void
  ping(): void
  pause(): void
  resume(): void
  close(code: number | undefined, reason: string): void
  /** No callback comes afterwards. */
  abandon(): void
}

export interface SocketOpenerOptions {
  readonly addresses: AddressBook
  /** URL of the proxy for an origin. Undefined: the connection is direct. */
  readonly proxyOf: (origin: UpstreamOrigin) => string | undefined
}

const errorBodyBytesMax = 64 << 10

export class SocketOpener {
  readonly #options: SocketOpenerOptions
  readonly #checker = new RequestChecker()

  constructor(options: SocketOpenerOptions) {
    this.#options = options
  }

  /** Every callback comes later. */
  open(request: SocketRequest, events: SocketEvents): UpstreamSocket {
    const { origin, path, headerLines } = request
    const problem = this.#problem(request)
    const link = new SocketLink(events)
    if (problem !== undefined) {
      queueMicrotask(() => link.fail({ type: 'connect', sent: false, message: `${origin.key}: ${problem}` }))
      return link
    }
    const { ca, cert, key } = origin.tls ?? {}
    const scheme = origin.protocol === 'https:' ? 'wss:' : 'ws:'
    const host = bareHostname(origin)
    const proxy = this.#options.proxyOf(origin)
    const timeoutMs = request.handshakeTimeoutMs
    const { WebSocket: Connection } = webSocketLibrary()
    const socket = new Connection(`${scheme}//${host.includes(':') ? `[${host}]` : host}:${origin.port}${path}`, [], {
      headers: headersOf(origin, headerLines),
      // With a proxy, the proxy resolves the name.
      ...(proxy === undefined
        ? { lookup: egressLookup(this.#options.addresses, origin) }
        : { agent: tunnelAgent({ origin, proxy, timeoutMs }) }),
      handshakeTimeout: timeoutMs,
      maxPayload: bounds.socketMessageBytesMax,
      perMessageDeflate: false,
      followRedirects: false,
      rejectUnauthorized: true,
      ca,
      cert,
      key,
    })
    link.attach(socket, origin)
    return link
  }

  #problem(request: SocketRequest): string | undefined {
    const { origin } = request
    const malformed = this.#checker.problem({ ...request, method: 'GET', body: [], connectTimeoutMs: 0 })
    return malformed ?? egressDenial(origin)
  }
}

function headersOf({ host }: UpstreamOrigin, headerLines: string): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { host }
  for (const line of headerLines.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon < 0) continue
    const name = line.slice(0, colon).toLowerCase()
    // A handshake has no body.
    if (name === 'content-type' || name === 'accept-encoding') continue
    const earlier = headers[name]
    const value = line.slice(colon + 1).trim()
    headers[name] = earlier === undefined ? value : [earlier, value].flat()
  }
  return headers
}

class SocketLink implements UpstreamSocket {
  readonly #events: SocketEvents
  #socket: WebSocket | undefined
  #open = false
  #over = false

  constructor(events: SocketEvents) {
    this.#events = events
  }

  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0
  }

  attach(socket: WebSocket, origin: UpstreamOrigin): void {
    this.#socket = socket
    socket.on('open', () => {
      if (this.#over) return
      this.#open = true
      this.#events.onOpen()
    })
    socket.on('unexpected-response', (_request, response) => this.#refused(response))
    socket.on('message', (message, isBinary) => {
      if (!this.#over) this.#events.onMessage(message, isBinary)
    })
    socket.on('error', (error) => {
      // For an open socket `close` reports the same with its code.
      if (this.#open) return
      const message = `${origin.key}: ${error.message === '' ? error.code : error.message}`
      this.fail({ type: typeOf(error), sent: false, message })
    })
    socket.on('close', (code, reason) => {
      if (this.#over) return
      this.#over = true
      if (this.#open) this.#events.onClose(code, reason.toString('utf8'))
      else this.#events.onError({ type: 'reset', sent: false, message: `${origin.key}: closed during the handshake` })
    })
  }

  fail(error: UpstreamError): void {
    if (this.#over) return
    this.#over = true
    this.#events.onError(error)
  }

  send(message: Uint8Array, isBinary: boolean): void {
    if (this.#open && !this.#over) this.#socket?.send(message, { binary: isBinary, compress: false }, this.#sent)
  }

  readonly #sent = (): void => {
    if (!this.#over) this.#events.onSent()
  }

  ping(): void {
    if (this.#open && !this.#over) this.#socket?.ping()
  }

  pause(): void {
    if (this.#open && !this.#over) this.#socket?.pause()
  }

  resume(): void {
    if (this.#open && !this.#over) this.#socket?.resume()
  }

  close(code: number | undefined, reason: string): void {
    if (this.#over) return
    this.#over = true
    // A paused socket would not read the upstream's closing frame.
    this.#socket?.resume()
    this.#socket?.close(code, code === undefined ? undefined : reason)
  }

  abandon(): void {
    this.#over = true
    this.#socket?.terminate()
  }

  #refused(response: import('node:http').IncomingMessage): void {
    const chunks: Buffer[] = []
    let length = 0
    const tell = () => {
      if (this.#over) return
      this.#over = true
      const header = (name: string) => {
        const value = response.headers[name]
        return Array.isArray(value) ? value[0] : value
      }
      const { statusCode: status = 0 } = response
      this.#events.onRefused({ status, contentType: header('content-type') ?? '', header, body: Buffer.concat(chunks) })
      response.destroy()
    }
    response.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= errorBodyBytesMax) chunks.push(chunk)
      else tell()
    })
    response.on('end', tell)
    response.on('error', tell)
    response.on('close', tell)
  }
}

function typeOf(error: NodeJS.ErrnoException): UpstreamError['type'] {
  if (isTlsError(error)) return 'tls'
  if (error.code === 'ETIMEDOUT' || error.message.includes('handshake has timed out')) return 'connect-timeout'
  if (error.code === 'ECONNRESET') return 'reset'
  return error.code === undefined && /server response|Sec-WebSocket|Upgrade header/i.test(error.message)
    ? 'protocol'
    : 'connect'
}
