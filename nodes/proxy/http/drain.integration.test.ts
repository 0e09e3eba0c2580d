// A stop does not wait for clients that keep connections open without a request, and cuts no answer.
import net from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../shared/clock.ts'
import { busyness } from '../../../shared/test-load.ts'
import { drain } from './drain.ts'
import type { HttpServer } from './http.ts'
import { get, pause, post } from './test-connection.ts'
import { startTestServer, type TestServer } from './test-handler.ts'

let at: TestServer
const sockets: net.Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  at.server.close()
})

class Client {
  text = ''
  isClosed = false
  readonly socket: net.Socket

  constructor() {
    this.socket = net.connect(at.port, '127.0.0.1')
    sockets.push(this.socket)
    this.socket.on('data', (bytes) => {
      this.text += bytes.toString()
    })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.isClosed = true
    })
  }

  async ask(request: string, answers = 1): Promise<void> {
    this.socket.write(request)
    await expect.poll(() => this.text.split('HTTP/1.1 200').length - 1).toBe(answers)
  }
}

async function drained(server: HttpServer, drainMs = 60_000): Promise<{ cut: number; tookMs: number }> {
  const startedMs = performance.now()
  const cut = await drain(server, drainMs, { clock: systemClock, cutOpen: () => {} })
  return { cut, tookMs: performance.now() - startedMs }
}

const echo = post('/v1/echo', '{"a":1}')

test('connections without a request are given up soon', async () => {
  at = await startTestServer()
  const clients = Array.from({ length: 5 }, () => new Client())
  await Promise.all(clients.map((client) => client.ask(echo)))
  const { cut, tookMs } = await drained(at.server)
  expect(cut).toBe(0)
  expect(tookMs).toBeLessThan(2_000 * busyness())
  expect(at.server.openConnections).toBe(5)
  at.server.close()
  await expect.poll(() => clients.every(({ isClosed }) => isClosed)).toBe(true)
})

test('an open request is answered before that, whatever is idle beside it', async () => {
  at = await startTestServer()
  at.handler.routes.set('/v1/slow', (_head, body, reply) => {
    body.release()
    setTimeout(() => reply.send(200, ['content-type', 'application/json'], '{"slow":true}'), 2_500)
  })
  const [idle, busy] = [new Client(), new Client()]
  await idle.ask(echo)
  busy.socket.write(post('/v1/slow', '{}'))
  await expect.poll(() => at.server.openRequests).toBe(1)
  const { cut, tookMs } = await drained(at.server)
  expect([cut, busy.text.includes('{"slow":true}'), busy.text.toLowerCase().includes('connection: close')]).toEqual([
    0,
    true,
    true,
  ])
  expect(tookMs).toBeGreaterThan(2_400)
  expect(tookMs).toBeLessThan(5_000 * busyness())
})

test('requests that still come on open connections are answered, and their connections close', async () => {
  at = await startTestServer()
  const clients = Array.from({ length: 4 }, () => new Client())
  await Promise.all(clients.map((client) => client.ask(echo)))
  const over = drained(at.server)
  for (const client of clients) {
    await pause(400)
    await client.ask(echo, 2)
    await expect.poll(() => client.isClosed).toBe(true)
  }
  const { cut, tookMs } = await over
  expect(cut).toBe(0)
  expect(tookMs).toBeLessThan(4_000 * busyness())
})

test('a client that has not taken the end of a stream is waited for', async () => {
  at = await startTestServer()
  const bytes = 8 << 20
  at.handler.routes.set('/v1/stream', (_head, body, reply) => {
    body.release()
    reply.begin(200, ['content-type', 'text/plain'])
    let left = bytes
    const pump = () => {
      while (left > 0) {
        left -= 64 << 10
        if (reply.write(Buffer.alloc(64 << 10, 'x')) === 'full') return
      }
      reply.end()
    }
    reply.onWritable = pump
    pump()
    // The rest in one go: the client has not taken what came before it.
    setTimeout(() => {
      reply.write(Buffer.alloc(64 << 10, 'y'))
      reply.end()
    }, 200)
  })
  const slow = new Client()
  slow.socket.pause()
  slow.socket.write(get('/v1/stream'))
  await expect.poll(() => at.handler.bodies.length).toBe(1)
  await pause(300)
  expect(at.server.openRequests).toBe(0)
  const over = drained(at.server)
  setTimeout(() => slow.socket.resume(), 2_500)
  await over
  at.server.close()
  await expect.poll(() => slow.isClosed).toBe(true)
  expect(slow.text).toMatch(/yy\r\n0\r\n\r\n$/)
})

test('the time for the drain is the longest that anything is waited for', async () => {
  at = await startTestServer()
  at.handler.routes.set('/v1/never', (_head, body) => body.release())
  const busy = new Client()
  busy.socket.write(post('/v1/never', '{}'))
  await expect.poll(() => at.server.openRequests).toBe(1)
  const { cut, tookMs } = await drained(at.server, 700)
  expect(cut).toBe(1)
  expect(tookMs).toBeLessThan(2_000 * busyness())
})
