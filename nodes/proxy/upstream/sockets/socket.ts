// Opens a socket to an origin, and classifies its errors. Certificates are always verified: nothing in the environment can
// switch that off.
import net from 'node:net'
import tls from 'node:tls'
import type { UpstreamError, UpstreamOrigin } from '../upstream.ts'

export interface SocketOptions {
  origin: UpstreamOrigin
  lookup: net.LookupFunction
  onRead: (length: number, bytes: Buffer) => void
  secureContext: tls.SecureContext | undefined
  session: Buffer | undefined
}

const readBytes = 64 << 10

// All sockets read into the same memory, since a read is handled before the next one starts. Windows is an exception: there
// a buffer is given to the system before there is something to read.
const sharedBuffer = process.platform === 'win32' ? undefined : Buffer.allocUnsafeSlow(readBytes)

/** Throws when a certificate or key of the origin is unreadable. */
export function openSocket({ origin, lookup, onRead, secureContext, session }: SocketOptions): net.Socket {
  const host = bareHostname(origin)
  const buffer = sharedBuffer ?? Buffer.allocUnsafeSlow(readBytes)
  const onread = {
    buffer,
    // The declared parameter is any byte array, but it is always the buffer given above.
    callback(length: number): boolean {
      onRead(length, buffer)
      return true
    },
  }
  const where = { host, port: origin.port, lookup, onread }
  const socket =
    origin.protocol === 'http:'
      ? net.connect(where)
      : tls.connect({
          ...where,
          ...(net.isIP(host) === 0 ? { servername: host } : {}),
          ...(secureContext === undefined ? {} : { secureContext }),
          ...(session === undefined ? {} : { session }),
          ALPNProtocols: ['http/1.1'],
          rejectUnauthorized: true,
        })
  // With Nagle's algorithm a request in two writes waits 40 ms for an acknowledgement that the peer delays.
  socket.setNoDelay(true)
  socket.setKeepAlive(true, keepAliveProbeMs)
  return socket
}

/** Probes detect a peer that has vanished during a long silence, and keep firewalls from dropping the connection. */
const keepAliveProbeMs = 30_000

export function makeSecureContext(origin: UpstreamOrigin): tls.SecureContext {
  const { ca, cert, key } = origin.tls ?? {}
  return tls.createSecureContext({
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  })
}

/** 'connecting' lasts until the transport is up, 'securing' until the handshake is done. */
export type SocketPhase = 'connecting' | 'securing' | 'open'

export function describeSocketError(
  error: NodeJS.ErrnoException,
  phase: SocketPhase,
  origin: UpstreamOrigin,
): Pick<UpstreamError, 'type' | 'message'> {
  // When every address of a name fails, the error has a code and no text.
  const message = `${origin.key}: ${error.message === '' ? error.code : error.message}`
  if (isTlsError(error)) return { type: 'tls', message }
  return { type: phase === 'open' ? 'reset' : 'connect', message }
}

const transportCodes = new Set(['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'])

// OpenSSL's verification results, as Node names them.
const certificateCode =
  /^(?:CERT_|CRL_|ERR_SSL_|ERR_TLS_|ERR_OSSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_|HOSTNAME_)/

export function isTlsError(error: NodeJS.ErrnoException): boolean {
  const code = error.code ?? ''
  if (transportCodes.has(code)) return false
  // EPROTO: the peer does not speak TLS, or no version of it that is accepted here.
  return certificateCode.test(code) || code === 'EPROTO' || code === 'PATH_LENGTH_EXCEEDED'
}

/** The hostname without brackets: a URL writes `[::1]` where sockets need `::1`. */
export function bareHostname(origin: UpstreamOrigin): string {
  const { hostname } = origin
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}
