// Clients that close their side with the request, or send the next one before the answer. The binary takes both for clients that
// have left, and closes the connection. So nothing may be done for them that costs money: the handler never gets the body.
import net from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { statusesOf, talk, until } from './raw-client.ts'
import { startTestServer, type TestServer } from './test-handler.ts'
import { post } from './test-requests.ts'

let at: TestServer
beforeAll(async () => {
  at = await startTestServer()
})
afterAll(() => at.server.close())
beforeEach(() => {
  at.handler.bodies.length = 0
  at.handler.gone = 0
})

const one = post('Content-Length: 2\r\n', '{}').replace('/v1/echo', '/v1/later')
const chunked = post('Transfer-Encoding: chunked\r\n', '2\r\n{}\r\n0\r\n\r\n').replace('/v1/echo', '/v1/later')

test.each([
  ['two requests in one piece', one + one],
  ['three requests in one piece', one + one + one],
  ['a request and half of the next one', one + one.slice(0, 180)],
  ['two chunked requests', chunked + chunked],
])('%s: the handler is given none, or answers it', async (_what, bytes) => {
  const { text } = await talk(at.port, [bytes], 400)
  expect(statusesOf(text)).toHaveLength(at.handler.bodies.length)
})

test.each([
  ['a body with a length', one],
  ['a chunked body', chunked],
])("%s and the end of the client's side at once: the handler is given nothing", async (_what, bytes) => {
  for (let i = 0; i < 20; i++) await halfClosed(bytes)
  expect(at.handler.bodies).toEqual([])
})

test('a client that closes its side later is told to the handler as one that has left', async () => {
  at.handler.routes.set('/v1/hold', (_head, body) => body.release())
  const socket = net.connect({ port: at.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.write(one.replace('/v1/later', '/v1/hold'))
  await expect.poll(() => at.handler.bodies.length).toBe(1)
  socket.end()
  await expect.poll(() => at.handler.gone).toBe(1)
  socket.destroy()
})

test('requests that wait for their answers are all served on one connection', async () => {
  const socket = net.connect(at.port, '127.0.0.1')
  for (let i = 0; i < 3; i++) {
    socket.write(one)
    expect(await until(socket, '{"bytes":2}')).toContain('200 OK')
  }
  socket.destroy()
  expect(at.handler.bodies).toHaveLength(3)
})

function halfClosed(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = net.connect({ port: at.port, host: '127.0.0.1', allowHalfOpen: true })
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket
      .on('error', () => {})
      .on('close', () => resolve(text))
      .on('end', () => socket.destroy())
    // The bytes and the end in one piece, as the kernel sends them when the other side is slow to read.
    socket.cork()
    socket.end(bytes)
  })
}
