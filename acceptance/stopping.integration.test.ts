// SIGTERM while clients keep connections open: the process ends soon, and an answer that is on its way is whole.
import net from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { busyness } from '../shared/test-load.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { until } from './until.ts'

let gateway: Gateway
const sockets: net.Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await gateway?.stop()
})

test('a stop ends the stream that is open, and waits for no idle client', async () => {
  gateway = await startGateway()
  const { secret } = await gateway.issueKey()
  for (let index = 0; index < 3; index++) {
    const socket = net.connect(gateway.port, '127.0.0.1')
    sockets.push(socket)
    let text = ''
    socket
      .on('error', () => {})
      .on('data', (bytes) => {
        text += bytes.toString()
      })
    socket.write(`GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${secret}\r\n\r\n`)
    await until(() => text.startsWith('HTTP/1.1 200'), 5_000)
  }
  const stream = await fetch(`${gateway.base}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'demo/slow', stream: true, messages: [{ role: 'user', content: 'one two three' }] }),
  })
  gateway.signal('SIGTERM')
  expect(await stream.text()).toContain('[DONE]')
  const answeredMs = performance.now()
  await gateway.ended
  expect(performance.now() - answeredMs).toBeLessThan(6_000 * busyness())
  expect(gateway.exitCode).toBe(0)
})
