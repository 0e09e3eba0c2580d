// The same interface over undici, for upstreams behind a proxy (`HTTPS_PROXY`): undici implements `CONNECT` and the TLS inside
// it. It costs about twice as much per request as the gateway's own client, so it is loaded only when a proxy is configured,
// bodies are copied, and the code stays plain.
import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import { bounds } from '../../../shared/bounds.ts'
import type { Clock, Timer } from '../../../shared/clock.ts'
import { RequestChecker } from './request-bytes.ts'
import { AddressBook } from './sockets/address-book.ts'
import { egressDenial, egressLookup } from './sockets/egress.ts'
import { poolKey } from './sockets/pool-key.ts'
import { isTlsError } from './sockets/socket.ts'
import type { ReportUnreachable } from './unreachable-notices.ts'
import type {
  Upstream,
  UpstreamCall,
  UpstreamError,
  UpstreamHandler,
  UpstreamHead,
  UpstreamOrigin,
  UpstreamRequest,
} from './upstream.ts'

export interface UndiciUpstreamOptions {
  clock: Clock
  addresses?: AddressBook
  reportUnreachable?: ReportUnreachable
  /** URL of the proxy for an origin. Undefined: the connection is direct. */
  proxyOf: (origin: UpstreamOrigin) => string | undefined
}

/** More origins than any configuration has. Beyond it all agents are closed once their exchanges have ended. */
const agentsMax = 1_024

export class UndiciUpstream implements Upstream {
  readonly #clock: Clock
  readonly #addresses: AddressBook
  readonly #reportUnreachable: ReportUnreachable
  readonly #proxyOf: (origin: UpstreamOrigin) => string | undefined
  readonly #agents = new Map<string, Dispatcher>()
  readonly #checker = new RequestChecker()

  constructor({ clock, addresses, reportUnreachable, proxyOf }: UndiciUpstreamOptions) {
    this.#clock = clock
    this.#addresses = addresses ?? new AddressBook({ clock })
    this.#reportUnreachable = reportUnreachable ?? (() => {})
    this.#proxyOf = proxyOf
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const { origin, method, path } = request
    const exchange = new UndiciExchange(origin, handler, this.#reportUnreachable)
    const problem = this.#checker.problem(request)
    if (problem !== undefined) {
      exchange.fail('protocol', problem)
      return exchange
    }
    const denial = egressDenial(origin)
    if (denial !== undefined) {
      exchange.fail('connect', denial)
      return exchange
    }
    exchange.expectConnection(this.#clock, request.connectTimeoutMs)
    const { body, headers } = bodyOf(request, exchange)
    this.#agentOf(origin).dispatch(
      { origin: `${origin.protocol}//${origin.hostname}:${origin.port}`, method, path, headers, body },
      exchange,
    )
    return exchange
  }

  close(): void {
    for (const agent of this.#agents.values()) void agent.close()
    this.#agents.clear()
  }

  #agentOf(origin: UpstreamOrigin): Dispatcher {
    const key = poolKey(origin)
    let agent = this.#agents.get(key)
    if (agent === undefined) {
      if (this.#agents.size >= agentsMax) this.close()
      agent = openAgent(origin, this.#proxyOf(origin), this.#addresses)
      this.#agents.set(key, agent)
    }
    return agent
  }
}

type SentBody = Exclude<Dispatcher.DispatchOptions['body'], undefined>

/** A body up to this size is copied. A copy of a larger one would be memory that nobody is charged for. */
const copiedBytesMax = 256 << 10
/** A socket takes so much without saying when it is sent. Pieces of no more are copied. */
const unheardBytesMax = 128 << 10

function bodyOf(
  request: UpstreamRequest,
  exchange: UndiciExchange,
): { headers: ReturnType<typeof requestHeaders>; body: SentBody } {
  const length = request.body.reduce((sum, piece) => sum + piece.length, 0)
  const headers = requestHeaders(request)
  if (length > copiedBytesMax) {
    // undici takes any iterable, which its types do not say.
    const body = piecesOf(request.body, exchange) as unknown as SentBody
    return { headers: { ...headers, 'content-length': `${length}` }, body }
  }
  const copy = Buffer.concat(request.body)
  exchange.bodySent()
  return { headers, body: length > 0 || request.method === 'POST' ? copy : null }
}

/** undici asks for a piece when the socket has sent the one before. */
async function* piecesOf(body: readonly Uint8Array[], exchange: UndiciExchange): AsyncGenerator<Uint8Array> {
  for (const piece of body) yield piece.length > unheardBytesMax ? piece : Buffer.from(piece)
  exchange.bodySent()
}

// With a proxy, the proxy resolves the name, so only the proxy can check the addresses. The origin itself has been checked.
function openAgent(origin: UpstreamOrigin, proxy: string | undefined, addresses: AddressBook): Dispatcher {
  const { ca, cert, key } = origin.tls ?? {}
  const tls = {
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
  const options = {
    // The caller keeps the deadlines; another timer per packet would be wasted.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: bounds.upstreamHeaderBytesMax,
    connections: bounds.upstreamConnectionsPerOriginMax,
    pipelining: 1,
    allowH2: false,
  }
  if (proxy === undefined)
    return new Agent({ ...options, connect: { ...tls, lookup: egressLookup(addresses, origin) } })
  return new ProxyAgent({ ...options, uri: proxy, requestTls: tls, proxyTls: { rejectUnauthorized: true } })
}

function requestHeaders({ origin, headerLines }: UpstreamRequest): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { host: origin.host }
  for (const line of headerLines.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon < 0) continue
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    const earlier = headers[name]
    headers[name] = earlier === undefined ? value : [earlier, value].flat()
  }
  return headers
}

class UndiciExchange implements UpstreamCall, Dispatcher.DispatchHandler {
  readonly #origin: UpstreamOrigin
  readonly #reportUnreachable: ReportUnreachable
  readonly #handler: UpstreamHandler
  #controller: Dispatcher.DispatchController | undefined
  #connectTimer: Timer | undefined
  #paused = false
  #over = false
  #bodyHeld = true

  constructor(origin: UpstreamOrigin, handler: UpstreamHandler, reportUnreachable: ReportUnreachable) {
    this.#origin = origin
    this.#reportUnreachable = reportUnreachable
    this.#handler = handler
  }

  expectConnection(clock: Clock, connectTimeoutMs: number): void {
    this.#connectTimer = clock.after(connectTimeoutMs, () => {
      this.fail('connect-timeout', `no connection in ${connectTimeoutMs} ms`)
    })
  }

  get sent(): boolean {
    return this.#controller !== undefined
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#connectTimer?.cancel()
    this.#controller = controller
    if (this.#over) controller.abort(aborted)
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: FieldValues): void {
    if (this.#over || status < 200) return
    if (this.#paused) controller.pause()
    this.#handler.onHead(new UndiciHead(status, headers))
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#over) this.#handler.onData(chunk)
  }

  /** The bytes of the body are needed no more. */
  bodySent(): void {
    if (!this.#bodyHeld || this.#over) return
    this.#bodyHeld = false
    this.#handler.onBodySent()
  }

  onResponseEnd(): void {
    if (this.#over) return
    this.bodySent()
    this.#over = true
    this.#handler.onEnd()
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: NodeJS.ErrnoException): void {
    this.fail(errorType(error, this.#controller !== undefined), error.message === '' ? `${error.code}` : error.message)
  }

  pause(): void {
    this.#paused = true
    this.#controller?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#controller?.resume()
  }

  abort(): void {
    if (this.#over) return
    this.#over = true
    this.#connectTimer?.cancel()
    this.#controller?.abort(aborted)
  }

  /** Reports an error in a later microtask, because undici may fail before the caller has its call. */
  fail(type: UpstreamError['type'], message: string): void {
    this.#connectTimer?.cancel()
    queueMicrotask(() => {
      if (this.#over) return
      this.bodySent()
      this.#over = true
      const error = { type, sent: this.sent, message: `${this.#origin.key}: ${message}` }
      this.#reportUnreachable(this.#origin, error)
      this.#handler.onError(error)
    })
  }
}

const aborted = new Error('aborted by the caller')

type FieldValues = Readonly<Record<string, string | string[] | undefined>>

class UndiciHead implements UpstreamHead {
  readonly status: number
  readonly #fields: FieldValues

  constructor(status: number, fields: FieldValues) {
    this.status = status
    this.#fields = fields
  }

  header(name: string): string | undefined {
    if (name === 'set-cookie' || !Object.hasOwn(this.#fields, name)) return undefined
    const value = this.#fields[name]
    const first = typeof value === 'string' ? value : value?.[0]
    return first?.trimEnd()
  }

  headersLike(prefix: string): string[] {
    const names = Object.keys(this.#fields).filter((name) => name.startsWith(prefix))
    return names.flatMap((name) => [name, this.header(name) ?? ''])
  }
}

const transportCodes = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'])

function errorType(error: NodeJS.ErrnoException, connected: boolean): UpstreamError['type'] {
  const code = error.code ?? ''
  if (isTlsError(error)) return 'tls'
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'connect-timeout'
  if (!connected) return 'connect'
  return transportCodes.has(code) ? 'reset' : 'protocol'
}
