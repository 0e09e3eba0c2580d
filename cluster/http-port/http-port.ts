// The HTTP server of the control port and of the ops ports. Whoever connects and says nothing must not be able to shut
// such a port: each wait for the other side ends in a destroyed socket, and a full port closes the connections that have
// been silent longest.
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { bounds } from '../../shared/bounds.ts'
import type { Clock } from '../../shared/clock.ts'
import {
  forwardSecretCiphers,
  strictTransportSecurity,
  tls13Ciphers,
  tlsVersionMin,
} from '../../shared/network/tls-rules.ts'
import { createServer, nodeHttps } from '../../shared/node-http.ts'
import type { Trouble } from '../../shared/readiness.ts'
import { type Connection, type ConnectionBounds, Connections } from './connections.ts'
import { hostFault, refuseHost } from './host-fault.ts'

export interface HttpPortOptions extends ConnectionBounds {
  /** The port in sentences: `the control port`. */
  readonly name: string
  readonly clock: Clock
  readonly tls?: PortTls | undefined
  readonly serve: RequestListener
  /** Writes the answer to what is not HTTP; the port then closes the connection. */
  readonly refuse?: (error: NodeJS.ErrnoException, socket: Duplex) => void
}

export interface PortTls {
  readonly cert: Buffer
  readonly key: Buffer
  /** How long browsers remember to use nothing but TLS; 0 tells them nothing. */
  readonly hstsMs: number
}

export interface HttpPort {
  readonly server: Server
  troubles(): Trouble[]
}

interface Peer extends Connection {
  requests: number
}

const headMs = 5_000
const serverOptions = {
  // `hostFault` judges the header, in the same words on every port.
  requireHostHeader: false,
  maxHeaderSize: bounds.headerBytesMax,
  headersTimeout: headMs,
  requestTimeout: 30_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
}
/** A socket on which nothing moves. Longer than the longest answer takes: an append whose outcome is unknown waits 30 s. */
const stalledMs = 75_000
/** How long a port that had to close connections says so. */
const fullMs = 60_000

export function openHttpPort(options: HttpPortOptions): HttpPort {
  const connections = new Connections<Peer>(options)
  const peers = new Map<string, Peer>()
  let lastFullMs = Number.NEGATIVE_INFINITY
  /** Sockets with a malformed request. Node runs the requests that come behind it, although nobody will see their answers. */
  const malformed = new WeakSet<Socket>()
  const server = serverOf(options, (incoming, outgoing) => {
    if (malformed.has(incoming.socket)) return
    const peer = peers.get(nameOf(incoming.socket))
    if (peer !== undefined) follow(connections, peer, incoming, outgoing)
    setFixedHeaders(outgoing, options)
    const fault = hostFault(incoming)
    if (fault !== undefined) {
      malformed.add(incoming.socket)
      refuseHost(outgoing, fault)
    } else if (peer !== undefined && connections.isReserve(peer) && !isHealthCheck(incoming)) refuseFull(outgoing)
    else options.serve(incoming, outgoing)
  })
  server.on('checkExpectation', (_incoming, outgoing: ServerResponse) => {
    setFixedHeaders(outgoing, options)
    outgoing.writeHead(417, { connection: 'close' }).end()
  })
  server.timeout = stalledMs
  server.on('clientError', (error, socket) => closeBroken(error, socket, options.refuse))
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket)
    const peer = { requests: 0, destroy: () => socket.destroy() }
    peers.set(name, peer)
    socket.once('close', () => {
      if (peers.get(name) === peer) peers.delete(name)
      connections.remove(peer)
    })
    if (connections.add(peer)) lastFullMs = options.clock.monotonicMs()
  })
  const troubles = (): Trouble[] => {
    const isFull = options.clock.monotonicMs() - lastFullMs < fullMs
    return isFull ? [{ level: 'degraded', reason: `${options.name} is full: ${fullMeans}` }] : []
  }
  return { server, troubles }
}

const fullMeans = 'the connections that have been idle longest are closed for new ones'

function serverOf({ tls }: HttpPortOptions, serve: RequestListener): Server {
  if (tls === undefined) return createServer(serverOptions, serve)
  const { cert, key } = tls
  const ciphers = [...tls13Ciphers, ...forwardSecretCiphers].join(':')
  const rules = {
    cert,
    key,
    ciphers,
    minVersion: tlsVersionMin,
    honorCipherOrder: true,
    handshakeTimeout: headMs,
  } as const
  return nodeHttps().createServer({ ...serverOptions, ...rules }, serve)
}

/** What every answer of the port says, whoever writes it. */
function setFixedHeaders(outgoing: ServerResponse, { tls }: HttpPortOptions): void {
  outgoing.setHeader('x-content-type-options', 'nosniff')
  const security = tls === undefined ? undefined : strictTransportSecurity(tls.hstsMs)
  if (security !== undefined) outgoing.setHeader('strict-transport-security', security)
}

/** The same for a socket and for the TLS that is spoken on it. */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

function follow(connections: Connections<Peer>, peer: Peer, incoming: IncomingMessage, outgoing: ServerResponse): void {
  peer.requests++
  connections.enter(peer, hasBody(incoming) ? 'sending' : 'served')
  incoming.once('end', () => connections.enter(peer, 'served'))
  outgoing.once('close', () => {
    if (--peer.requests === 0) connections.enter(peer, 'silent')
  })
  if (connections.isReserve(peer)) outgoing.setHeader('connection', 'close')
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

function isHealthCheck({ method, url = '' }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && /^\/(?:livez|readyz)(?:$|\?)/.test(url)
}

function refuseFull(outgoing: ServerResponse): void {
  const body = '{"status":503,"title":"The port is full","detail":"Only /livez and /readyz are answered now."}'
  outgoing.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '1' }).end(body)
}

/** Ends the socket also where the other side never does. Only what broke the rules of HTTP can still read an answer. */
function closeBroken(error: NodeJS.ErrnoException, socket: Duplex, refuse: HttpPortOptions['refuse']): void {
  const isHttp = error.code?.startsWith('HPE_') === true || error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
  if (refuse === undefined || !isHttp || !socket.writable) {
    socket.destroy()
    return
  }
  refuse(error, socket)
  ;(socket as Socket).destroySoon()
}
