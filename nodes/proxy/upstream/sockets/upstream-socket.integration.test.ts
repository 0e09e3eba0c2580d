// WebSockets to an upstream that stands behind a real `CONNECT` proxy, over plain sockets and TLS.
import { once } from 'node:events'
import { createServer as createHttp, type IncomingMessage, type Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { systemClock } from '../../../../shared/clock.ts'
import { certificates } from '../scripted-peer.ts'
import type { UpstreamOrigin } from '../upstream.ts'
import { AddressBook } from './address-book.ts'
import { type SocketEvents, SocketOpener } from './upstream-socket.ts'

let plain: Server
let secure: Server
let proxy: Server
let asked: { target: string; authorization: string | undefined }[] = []
let answersConnect = 200
/** The origin behind the proxy takes what it is sent and says nothing. */
let isSilent = false

beforeAll(async () => {
  plain = echoing(createHttp())
  secure = echoing(createHttps(certificates.good))
  proxy = createHttp()
  proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push({ target: request.url ?? '', authorization: request.headers['proxy-authorization'] })
    if (answersConnect !== 200) return socket.end(`HTTP/1.1 ${answersConnect} No\r\n\r\n`)
    if (isSilent) {
      socket.on('end', () => socket.end())
      return void socket.resume().write('HTTP/1.1 200 OK\r\n\r\n')
    }
    const port = request.url?.endsWith(':443') === true ? portOf(secure) : portOf(plain)
    const inner = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    inner.pipe(socket).pipe(inner)
    for (const one of [inner, socket]) one.on('error', () => inner.destroy())
  })
  for (const server of [plain, secure, proxy]) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
})
afterAll(() => {
  for (const server of [plain, secure, proxy]) {
    server.closeAllConnections()
    server.close()
  }
})

const portOf = (server: Server) => (server.address() as AddressInfo).port

const connectionsOf = (server: Server) =>
  new Promise<number>((resolve, reject) =>
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  )

function echoing(server: Server): Server {
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => {
    socket.on('error', () => {})
    socket.on('message', (bytes, binary) => socket.send(bytes, { binary }))
  })
  return server
}

function open(origin: UpstreamOrigin, userinfo = '', handshakeTimeoutMs = 5_000): Promise<string> {
  const opener = new SocketOpener({
    addresses: new AddressBook({ clock: systemClock }),
    proxyOf: () => `http://${userinfo}127.0.0.1:${portOf(proxy)}`,
  })
  return new Promise((resolve) => {
    const events: SocketEvents = {
      onOpen: () => socket.send(Buffer.from('hello'), false),
      onRefused: ({ status }) => resolve(`refused ${status}`),
      onError: ({ type, message }) => resolve(`${type}: ${message}`),
      onMessage(message) {
        resolve(message.toString())
        socket.abandon()
      },
      onSent: () => {},
      onClose: (code) => resolve(`closed ${code}`),
    }
    const socket = opener.open({ origin, path: '/v1/realtime', headerLines: 'a: b\r\n', handshakeTimeoutMs }, events)
  })
}

function originAt(protocol: 'http:' | 'https:', hostname: string, tls?: UpstreamOrigin['tls']): UpstreamOrigin {
  const port = protocol === 'https:' ? 443 : 80
  return { key: `${protocol}//${hostname}`, protocol, hostname, port, host: hostname, tls }
}

test('a socket goes through the proxy, which is told where to and who asks', async () => {
  asked = []
  expect(await open(originAt('http:', 'upstream.example'), 'us%40er:p%20w@')).toBe('hello')
  const authorization = `Basic ${Buffer.from('us@er:p w').toString('base64')}`
  expect(asked).toEqual([{ target: 'upstream.example:80', authorization }])
})

test('within the proxy the origin proves who it is', async () => {
  expect(await open(originAt('https:', 'localhost', { ca: certificates.ca }))).toBe('hello')
  expect(await open(originAt('https:', 'localhost'))).toMatch(/^tls: /)
  expect(await open(originAt('https:', 'other.example', { ca: certificates.ca }))).toMatch(/^tls: /)
})

test('within the proxy an address is checked against the certificate, and is told as no server name', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  expect(await open(originAt('https:', '127.0.0.1', { ca: certificates.ca }))).toBe('hello')
  await new Promise(setImmediate)
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})

test('an unreadable certificate of ours is a TLS error, and the connection through the proxy is closed', async () => {
  const tls = { ca: certificates.ca, cert: 'not a certificate', key: certificates.good.key }
  expect(await open(originAt('https:', 'localhost', tls))).toMatch(/^tls: /)
  await expect.poll(() => connectionsOf(proxy)).toBe(0)
})

test('an origin that does not finish its TLS handshake holds no connection through the proxy', async () => {
  isSilent = true
  const told = open(originAt('https:', 'localhost', { ca: certificates.ca }), '', 200)
  expect(await told).toMatch(/^connect-timeout: /)
  await expect.poll(() => connectionsOf(proxy), { timeout: 2_000 }).toBe(0)
  isSilent = false
})

test('a proxy that refuses is a connection that failed', async () => {
  answersConnect = 407
  expect(await open(originAt('http:', 'upstream.example'))).toBe(
    'connect: http://upstream.example: the proxy answered CONNECT with 407',
  )
  answersConnect = 200
})

test('where connections may not go, no proxy is asked', async () => {
  asked = []
  expect(await open(originAt('http:', '169.254.169.254'))).toMatch(/^connect: .*refused/)
  expect(asked).toEqual([])
})
