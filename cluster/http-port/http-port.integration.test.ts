// One who connects and says little, against whom a port must keep answering.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { type HttpPort, openHttpPort, type PortTls } from './http-port.ts'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

async function opened({ openMax = 8, reserveMax = 2, tls = undefined as PortTls | undefined } = {}) {
  const held = { count: 0 }
  const clock = new ManualClock()
  const port = openHttpPort({
    name: 'the port of the test',
    openMax,
    reserveMax,
    clock,
    tls,
    serve: (incoming, outgoing) => {
      if (incoming.url === '/hold') return void held.count++
      incoming.resume().once('end', () => outgoing.end('served'))
    },
    refuse: (_error, socket) => void socket.write('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n'),
  })
  await new Promise<void>((resolve) => port.server.listen(0, '127.0.0.1', resolve))
  ends.push(() => {
    port.server.close()
    port.server.closeAllConnections()
  })
  const { port: number } = port.server.address() as AddressInfo
  return { port, number, clock, held, url: `http://127.0.0.1:${number}` }
}

interface Caller {
  socket: Socket
  got: () => string
  closed: Promise<void>
}

async function call(port: number, text = ''): Promise<Caller> {
  const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true })
  let got = ''
  socket.setEncoding('latin1').on('data', (chunk) => {
    got += chunk
  })
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => {
    // Never ends its own side, as one who means harm would not.
    socket.once('end', resolve).once('close', () => resolve())
  })
  ends.push(() => socket.destroy())
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
  if (text !== '') socket.write(text)
  return { socket, got: () => got, closed }
}

const crowd = (port: number, count: number, text?: string) =>
  Promise.all(Array.from({ length: count }, () => call(port, text)))
const status = async (url: string, init?: RequestInit) =>
  (await fetch(url, { ...init, headers: { connection: 'close' }, signal: AbortSignal.timeout(5_000) })).status

const openOf = ({ server }: HttpPort) => new Promise<number>((resolve) => server.getConnections((_, n) => resolve(n)))

test.each([
  ['nothing', ''],
  ['half a head', 'GET /livez HTTP/1.1\r\nHost: a\r\nX:'],
  ['a request, and keep the connection', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a head without its body', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{'],
  ['a request with an answer that they leave', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(20)],
])('many connections that say %s shut nobody out', async (_, text) => {
  const { url, number, port } = await opened()
  await crowd(number, 40, text)
  expect([await status(`${url}/readyz`), await status(`${url}/x`, { method: 'PUT', body: '{}' })]).toEqual([200, 200])
  await expect.poll(() => openOf(port)).toBeLessThan(11)
})

test('while every connection is being served, health is answered and the rest told to come again', async () => {
  const { url, number, port, clock, held } = await opened()
  const callers = await crowd(number, 8, 'GET /hold HTTP/1.1\r\nHost: a\r\n\r\n')
  await expect.poll(() => held.count).toBe(8)
  await call(number)
  expect([await status(`${url}/readyz?verbose`), await status(`${url}/livez`)]).toEqual([200, 200])
  expect(await status(`${url}/api/v1/config`)).toBe(503)
  expect(callers.every(({ socket }) => !socket.destroyed)).toBe(true)
  expect(port.troubles()[0]?.reason).toMatch(/^the port of the test is full/)
  clock.advance(60_000)
  expect(port.troubles()).toEqual([])
})

test('a head that does not come within five seconds ends the connection, whatever the other side does', async () => {
  const { number, port } = await opened()
  const callers = [await call(number), await call(number, 'GET / HTTP/1.1\r\nHost: a\r\nX:')]
  await Promise.all(callers.map(({ closed }) => closed))
  // Destroyed and not only ended: the descriptor is free although neither caller has closed its side.
  await expect.poll(() => openOf(port)).toBe(0)
}, 15_000)

test('what is no HTTP is answered, and its connection destroyed', async () => {
  const { number, port } = await opened()
  const caller = await call(number, 'hello\r\n\r\n')
  await caller.closed
  expect(caller.got()).toMatch(/^HTTP\/1\.1 400/)
  await expect.poll(() => openOf(port)).toBe(0)
})

test.skipIf(spawnSync('openssl', ['version']).status !== 0)(
  'with TLS the same holds, handshakes included',
  async () => {
    const { number, port } = await opened({ tls: certificate() })
    await crowd(number, 20)
    await expect.poll(() => openOf(port)).toBe(8)
    for (let i = 0; i < 20; i++) {
      const socket = connectTls({ port: number, host: '127.0.0.1', rejectUnauthorized: false }).on('error', () => {})
      ends.push(() => socket.destroy())
      await new Promise<void>((resolve) => socket.once('secureConnect', () => resolve()))
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await new Promise<void>((resolve) => socket.once('data', () => resolve()))
    }
    await expect.poll(() => openOf(port)).toBe(8)
    await crowd(number, 8)
    await expect.poll(() => openOf(port), { timeout: 60_000 }).toBe(0)
  },
  20_000,
)

function certificate(): PortTls {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-tls-'))
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  execFileSync('openssl', ['req', '-x509', ...kind, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  })
  const read = { cert: readFileSync(cert), key: readFileSync(key), hstsMs: 0 }
  rmSync(folder, { recursive: true })
  return read
}
