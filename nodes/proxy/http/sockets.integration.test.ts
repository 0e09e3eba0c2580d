import { App, us_listen_socket_close, us_socket_local_port } from 'uWebSockets.js'
import { spawnSync } from 'node:child_process'
import net from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../shared/clock.ts'
import { busyness } from '../../../shared/test-load.ts'
import { drain } from './drain.ts'
import type { RequestHead, Upgrade } from './http.ts'
import { until } from './raw-client.ts'
import { type ReplyServer, UwsReply } from './reply.ts'
import { startTestServer, TestHandler } from './test-handler.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

const handshake = `GET /v1/socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`

/** Accepts each handshake some time after it came, as a session that needs an upstream first. */
class LateHandler extends TestHandler {
  readonly socketPaths = ['/v1/socket']

  onUpgrade(_head: RequestHead, upgrade: Upgrade): void {
    upgrade.reply.onGone = () => {}
    setTimeout(() => upgrade.accept('', ['x-told', '1'], { onMessage() {}, onDrain() {}, onClose() {} }), 5)
  }
}

async function opened(port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1')
  socket.write(handshake)
  await until(socket, 'Sec-WebSocket-Accept')
  return socket
}

test('an upgrade leaves the socket open, whatever lies in the memory that the response had', async () => {
  const room: ReplyServer = {
    current: undefined,
    draining: false,
    openRequests: 0,
    begunRequests: 0,
    lastOwedMs: 0,
    openConnections: 0,
    stalled: new Set(),
    fixedLines: '',
    nowMs: () => 0,
    guarded: (_where, _reply, run) => run(),
  }
  const kept: Buffer[] = []
  let closed = 0
  const app = App().ws('/*', {
    upgrade: (response, request, context) => {
      const reply = new UwsReply(response, room)
      const key = request.getHeader('sec-websocket-key')
      setImmediate(() =>
        reply.upgrade('101 Switching Protocols', (own) => {
          own.upgrade({}, key, '', '', context)
          for (let bytes = 24; bytes <= 136; bytes += 16) kept.push(Buffer.allocUnsafeSlow(bytes).fill(0x10))
        }),
      )
    },
    close: () => void closed++,
  })
  const port = await new Promise<number>((resolve) => {
    app.listen('127.0.0.1', 0, (socket) => {
      if (socket === false) return
      closers.push(() => us_listen_socket_close(socket))
      resolve(us_socket_local_port(socket))
    })
  })
  const sockets = await Promise.all(Array.from({ length: 20 }, () => opened(port)))
  await new Promise((next) => setTimeout(next, 100))
  const byItself = closed
  for (const socket of sockets) socket.destroy()
  expect(byItself).toBe(0)
})

test('a drain after WebSockets waits for nothing that is over', async () => {
  const { server, port } = await startTestServer({}, new LateHandler())
  closers.push(() => server.close())
  for (const socket of await Promise.all([opened(port), opened(port)])) socket.destroy()
  await expect.poll(() => server.openRequests).toBe(0)
  const startedMs = performance.now()
  expect(await drain(server, 60_000, { clock: systemClock, cutOpen: () => {} })).toBe(0)
  expect(performance.now() - startedMs).toBeLessThan(1_000 * busyness())
})

test('a drain waits for a WebSocket that is open', async () => {
  const { server, port } = await startTestServer({}, new LateHandler())
  closers.push(() => server.close())
  const socket = await opened(port)
  setTimeout(() => socket.destroy(), 300)
  const startedMs = performance.now()
  expect(await drain(server, 60_000, { clock: systemClock, cutOpen: () => {} })).toBe(0)
  expect(performance.now() - startedMs).toBeGreaterThan(250)
})

test('the binary finds nothing to warn of', () => {
  const script = `
    import { startTestServer, TestHandler } from './test-handler.ts'
    import net from 'node:net'
    const handler = new TestHandler()
    handler.socketPaths = ['/v1/socket']
    handler.onUpgrade = (head, upgrade) => {
      upgrade.reply.onGone = () => {}
      setTimeout(() => upgrade.accept('', [], { onMessage() {}, onDrain() {}, onClose() {} }), 50)
    }
    const { port } = await startTestServer({}, handler)
    const socket = net.connect(port, '127.0.0.1')
    socket.write(${JSON.stringify(handshake)})
    socket.on('data', (bytes) => {
      process.stdout.write(bytes)
      process.exit(0)
    })`
  const loader = new URL('../../../scripts/strip-types.mjs', import.meta.url).href
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--import', loader, '--input-type=module', '-e', script],
    { cwd: import.meta.dirname, timeout: 60_000, encoding: 'utf8' },
  )
  expect(stdout).toContain('101 Switching Protocols')
  expect(stderr).toBe('')
})
