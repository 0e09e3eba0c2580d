// Bodies of requests: whole, late, too many at once, and never finished.
import net from 'node:net'
import { expect, test } from 'vitest'
import type { Body } from './http.ts'
import { answersTo, statusesOf, talk } from './raw-client.ts'
import { auth, boom, pause, post, serverPerTest } from './test-connection.ts'
import { jsonHeaders, startTestServer } from './test-handler.ts'

const at = serverPerTest()

test('a body that drips in is cut at its deadline', async () => {
  const socket = at.connect()
  socket.write(`POST /v1/echo HTTP/1.1\r\n${auth}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n`)
  await pause(30)
  socket.write('{"a"')
  await expect.poll(() => at.server.openRequests).toBe(1)
  await pause(50)
  at.clock.advance(119_000)
  expect(at.server.openRequests).toBe(1)
  at.clock.advance(3_000)
  expect(at.server.openRequests).toBe(0)
  expect(at.handler.bodies).toEqual([])
  socket.destroy()
})

test('bodies of every size arrive byte for byte', async () => {
  for (const size of [0, 1, 4_095, 4_096, 4_097, 70_000, 300_000, 2_000_000]) {
    const sent = Buffer.alloc(size, 'abcdefghijk')
    let same: boolean | undefined
    at.route('/check', (reply, body, head) => {
      same = body.bytes.equals(sent)
      body.release()
      reply.send(200, jsonHeaders(head), '{}')
    })
    const { text } = await answersTo(at.port, [post('/check', sent.toString())])
    expect(statusesOf(text), `${size}`).toEqual([200])
    expect(same, `${size}`).toBe(true)
  }
})

test('bodies beyond the memory budget are refused with 503 and retry-after', async () => {
  const small = await startTestServer({ bodiesInFlightBytesMax: 16 << 10 })
  const held: Body[] = []
  small.handler.routes.set('/hold', (_head, body) => {
    held.push(body)
  })
  const socket = net.connect(small.port, '127.0.0.1')
  socket.write(post('/hold', 'a'.repeat(10_000)))
  await expect.poll(() => held.length).toBe(1)
  const refused = await answersTo(small.port, [post('/v1/echo', '{}')])
  expect(statusesOf(refused.text)).toEqual([503])
  expect(refused.text).toContain('retry-after: 1')
  held[0]!.release()
  const { text } = await answersTo(small.port, [post('/v1/echo', '{}')])
  expect(statusesOf(text)).toEqual([200])
  socket.destroy()
  small.server.close()
})

test('memory comes back from bodies that nobody finishes reading', async () => {
  const small = await startTestServer({ bodiesInFlightBytesMax: 16 << 10 })
  const chunked = `POST /v1/echo HTTP/1.1\r\n${auth}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`
  const halfSent = `POST /v1/echo HTTP/1.1\r\n${auth}Content-Type: application/json\r\nContent-Length: 9000\r\n\r\n{`
  small.handler.onHeadHook = () => boom()
  expect(statusesOf((await answersTo(small.port, [`${chunked}0\r\n\r\n`])).text)).toEqual([500])
  small.handler.onHeadHook = (_head, reply) => void setTimeout(() => reply.send(408, [], ''), 20)
  expect(statusesOf((await answersTo(small.port, [halfSent])).text)).toEqual([408])
  small.handler.onHeadHook = undefined
  await talk(small.port, [halfSent], 300)
  await talk(small.port, [chunked], 300)
  await expect.poll(() => small.server.openRequests).toBe(0)
  const { text } = await answersTo(small.port, [post('/v1/echo', 'a'.repeat(9_000))])
  expect(statusesOf(text)).toEqual([200])
  small.server.close()
})
