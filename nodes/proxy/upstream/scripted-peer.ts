// The upstream of tests: a real TCP or TLS server that reads requests and then does what the test says, byte by byte, even if
// it violates the protocol.
import { readFileSync } from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'
import type { UpstreamOrigin } from './upstream.ts'

export interface PeerRequest {
  readonly head: string
  readonly body: Buffer
  readonly socket: net.Socket
  /** 0 for the first connection that the peer accepted. */
  readonly connection: number
}

export type Script = (request: PeerRequest) => void

export interface Peer {
  readonly origin: UpstreamOrigin
  readonly requests: PeerRequest[]
  readonly connections: net.Socket[]
  /** Connections that are open now. */
  openCount(): number
  close(): Promise<void>
}

type Pair = { cert: string; key: string }
export const certificates: { ca: string; good: Pair; other: Pair; expired: Pair; self: Pair; client: Pair } =
  JSON.parse(readFileSync(new URL('./certificates.fixture.json', import.meta.url), 'utf8'))

export interface PeerOptions {
  tls?: tls.TlsOptions
  /** What the client knows about the peer. */
  originTls?: UpstreamOrigin['tls']
  hostname?: string
}

export async function openPeer(script: Script, options: PeerOptions = {}): Promise<Peer> {
  const requests: PeerRequest[] = []
  const connections: net.Socket[] = []
  const open = new Set<net.Socket>()
  const accept = (socket: net.Socket): void => {
    const connection = connections.push(socket) - 1
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {})
    readRequests(socket, (head, body) => {
      const request = { head, body, socket, connection }
      requests.push(request)
      script(request)
    })
  }
  const server =
    options.tls === undefined
      ? net.createServer({ noDelay: true }, accept)
      : tls.createServer({ ...options.tls, noDelay: true }, accept)
  server.on('tlsClientError', () => {})
  const port = await listen(server)
  return {
    origin: originOf({ port, ...options }),
    requests,
    connections,
    openCount: () => open.size,
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

export function originOf(options: PeerOptions & { port: number }): UpstreamOrigin {
  const protocol = options.tls === undefined ? 'http:' : 'https:'
  const hostname = options.hostname ?? '127.0.0.1'
  const host = `${hostname}:${options.port}`
  return { key: `${protocol}//${host}`, protocol, hostname, port: options.port, host, tls: options.originTls }
}

export async function listen(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return address.port
}

function readRequests(socket: net.Socket, onRequest: (head: string, body: Buffer) => void): void {
  let bytes = Buffer.alloc(0)
  let pieces: Buffer[] = []
  let held = 0
  let needed = 0
  socket.on('data', (chunk: Buffer) => {
    pieces.push(chunk)
    held += chunk.length
    if (held < needed) return
    bytes = Buffer.concat(pieces)
    for (;;) {
      const headEnd = bytes.indexOf('\r\n\r\n')
      if (headEnd < 0) break
      const head = bytes.toString('latin1', 0, headEnd)
      const end = headEnd + 4 + Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
      needed = end
      if (bytes.length < end) break
      const body = bytes.subarray(headEnd + 4, end)
      bytes = bytes.subarray(end)
      needed = 0
      onRequest(head, body)
    }
    pieces = [bytes]
    held = bytes.length
  })
}

/** Sends `bytes` in slices, each in a packet of its own. */
export function sendSlices(socket: net.Socket, bytes: Buffer, sliceBytes: number): void {
  socket.setNoDelay(true)
  const next = (from: number): void => {
    if (from >= bytes.length || socket.destroyed) return
    socket.write(bytes.subarray(from, from + sliceBytes))
    setImmediate(next, from + sliceBytes)
  }
  next(0)
}
