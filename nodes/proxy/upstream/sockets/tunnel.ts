// A connection to an origin through an HTTP proxy (`CONNECT`, RFC 9110 section 9.3.6), for what takes a socket of its own:
// WebSockets. Requests go through undici, which does the same.
import type { Agent as HttpAgent } from 'node:http'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { Agent, nodeHttps, request as plainRequest } from '../../../../shared/node-http.ts'
import type { UpstreamOrigin } from '../upstream.ts'
import { bareHostname } from './socket.ts'

export interface TunnelOptions {
  readonly origin: UpstreamOrigin
  /** URL of the proxy, with its credentials if it needs any. */
  readonly proxy: string
  readonly timeoutMs: number
}

type Connected = (error: Error | null, socket: Duplex) => void

interface TunnelEvents {
  onOpen(socket: Duplex): void
  onError(error: Error): void
}

/** Makes the agent of one request, which opens the request's connection through the tunnel. */
export function tunnelAgent(options: TunnelOptions): HttpAgent {
  const Base = options.origin.protocol === 'https:' ? nodeHttps().Agent : Agent
  return new (class TunnelAgent extends Base {
    override createConnection(_asked: unknown, connected?: Connected): undefined {
      openTunnel(options, {
        onOpen: (socket) => connected?.(null, socket),
        // With an error there is no socket, although the declared type has one.
        onError: (error) => (connected as ((error: Error) => void) | undefined)?.(error),
      })
    }
  })({ keepAlive: false })
}

function openTunnel({ origin, proxy, timeoutMs }: TunnelOptions, events: TunnelEvents): void {
  const { protocol, hostname, port, username, password } = new URL(proxy)
  const host = bareHostname(origin)
  const target = `${host.includes(':') ? `[${host}]` : host}:${origin.port}`
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const headers: Record<string, string> = { host: target }
  if (username !== '') headers['proxy-authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`
  const send = protocol === 'https:' ? nodeHttps().request : plainRequest
  const request = send({
    method: 'CONNECT',
    host: hostname.replace(/^\[|\]$/g, ''),
    ...(port === '' ? {} : { port }),
    path: target,
    headers,
    timeout: timeoutMs,
    agent: false,
  })
  request.on('connect', (answer, socket, rest) => {
    socket.setTimeout(0)
    if (answer.statusCode !== 200) {
      socket.destroy()
      events.onError(new Error(`the proxy answered CONNECT with ${answer.statusCode}`))
      return
    }
    if (rest.length > 0) socket.unshift(rest)
    if (origin.protocol === 'http:') events.onOpen(socket)
    else secure({ origin, proxy, timeoutMs }, socket, events)
  })
  request.on('timeout', () => request.destroy(timedOut('the proxy did not answer CONNECT in time')))
  request.on('error', (error) => events.onError(error))
  request.end()
}

function secure({ origin, timeoutMs }: TunnelOptions, socket: Duplex, events: TunnelEvents): void {
  const fail = (error: Error) => {
    socket.destroy()
    events.onError(error)
  }
  const secured = securedSocket(origin, socket)
  if (secured instanceof Error) return fail(secured)
  const timer = setTimeout(() => secured.destroy(timedOut('the TLS handshake did not end in time')), timeoutMs)
  timer.unref()
  secured.once('secureConnect', () => events.onOpen(secured))
  secured.once('error', fail)
  for (const event of ['secureConnect', 'close']) secured.once(event, () => clearTimeout(timer))
}

/** Returns the error where a certificate or key of the origin is unreadable. */
function securedSocket(origin: UpstreamOrigin, socket: Duplex): tls.TLSSocket | Error {
  const { ca, cert, key } = origin.tls ?? {}
  const host = bareHostname(origin)
  try {
    return tls.connect({
      socket,
      host,
      // An address is no server name (RFC 6066 section 3).
      ...(isIP(host) === 0 ? { servername: host } : {}),
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ALPNProtocols: ['http/1.1'],
    })
  } catch (error) {
    return error as Error
  }
}

const timedOut = (message: string): Error => Object.assign(new Error(message), { code: 'ETIMEDOUT' })
