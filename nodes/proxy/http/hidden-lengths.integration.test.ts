// A header with an empty name hides the headers behind it from us, and perhaps not from a proxy in front. What the proxy takes for
// the body of one caller would then be the next request on a connection that other callers share.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { answersTo, statusesOf, talk } from './raw-client.ts'
import { startTestServer, type TestServer } from './test-handler.ts'
import { auth, get, hidden, host, json, post } from './test-requests.ts'

let behindProxy: TestServer
let alone: TestServer
beforeAll(async () => {
  behindProxy = await startTestServer({ trustedProxies: ['127.0.0.1'], corsOrigins: ['*'] })
  alone = await startTestServer()
})
afterAll(() => {
  behindProxy.server.close()
  alone.server.close()
})
beforeEach(() => {
  for (const { handler } of [behindProxy, alone]) handler.heads.length = 0
})

const preflight = 'Origin: https://a.example\r\nAccess-Control-Request-Method: POST\r\n'
const upgrade =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
/** The start of a head to which headers can be added. */
const starts: [string, string][] = [
  ['a GET', `GET /v1/echo HTTP/1.1\r\n${host}${auth}`],
  ['a GET with length 0', `GET /v1/echo HTTP/1.1\r\n${host}${auth}Content-Length: 0\r\n`],
  ['a GET that is answered later', `GET /v1/later HTTP/1.1\r\n${host}${auth}`],
  ['a GET without a key', `GET /v1/echo HTTP/1.1\r\n${host}`],
  ['a HEAD', `HEAD /v1/echo HTTP/1.1\r\n${host}${auth}`],
  ['a DELETE', `DELETE /v1/echo HTTP/1.1\r\n${host}${auth}`],
  ['a POST with length 0', `POST /v1/echo HTTP/1.1\r\n${host}${auth}${json}Content-Length: 0\r\n`],
  [
    'a POST with length 0 and a wrong type',
    `POST /v1/echo HTTP/1.1\r\n${host}${auth}Content-Type: text/x\r\nContent-Length: 0\r\n`,
  ],
  ['a POST without a length', `POST /v1/echo HTTP/1.1\r\n${host}${auth}${json}`],
  ['a preflight', `OPTIONS /v1/echo HTTP/1.1\r\n${host}${preflight}`],
  ['a WebSocket handshake', `GET /v1/echo HTTP/1.1\r\n${host}${auth}${upgrade}`],
]
const framings: [string, string][] = [
  ['a length', `: x\r\nContent-Length: ${hidden.length}\r\n`],
  ['chunks', ': x\r\nTransfer-Encoding: chunked\r\n'],
  ['another host', ': x\r\nHost: other\r\n'],
]

test.each(starts.flatMap(([start, head]) => framings.map(([what, framing]) => [start, what, head + framing] as const)))(
  'behind a proxy %s that hides %s is answered once, the connection closes, and what follows never runs',
  async (_start, _what, head) => {
    const { text, closed } = await talk(behindProxy.port, [`${head}\r\n${hidden}`], 10_000)
    expect(statusesOf(text).length).toBeLessThanOrEqual(1)
    expect(closed).toBe(true)
    expect(behindProxy.handler.heads.filter((line) => line.includes('hidden'))).toEqual([])
  },
)

test.each(starts.slice(0, 8))(
  'behind a proxy %s is answered, and told that the connection closes',
  async (_start, head) => {
    const { text, closed } = await talk(behindProxy.port, [`${head}\r\n`], 5_000)
    expect(statusesOf(text)).toHaveLength(1)
    expect(text.toLowerCase()).toMatch(/\r\nconnection: close\r\n/)
    expect(closed).toBe(true)
  },
)

test('behind a proxy a connection stays open after a request with a body', async () => {
  const one = post('Content-Length: 2\r\n', '{}')
  const { text, closed } = await talk(behindProxy.port, [one, one, one], 600)
  expect([statusesOf(text), closed]).toEqual([[200, 200, 200], false])
})

test("without a proxy a connection is one caller's, and stays open after a GET too", async () => {
  const { text } = await answersTo(alone.port, [get(host + auth), get(host + auth)])
  expect(statusesOf(text)).toEqual([200, 200])
})
