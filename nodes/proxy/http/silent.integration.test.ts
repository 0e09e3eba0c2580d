// Bytes on which the parser underneath falls silent, and clients that are slow or stop: each connection ends within about
// 12 s and no handler hears of it. The rows run at the same time, since all they do is wait.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { statusesOf, talk } from './raw-client.ts'
import { key, startTestServer, type TestServer } from './test-handler.ts'

let at: TestServer
beforeAll(async () => {
  at = await startTestServer({ bodyBytesMax: 1_000_000 })
})
afterAll(() => at.server.close())

const head = `POST /v1/echo HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n`
const hidden = 'GET /hidden HTTP/1.1\r\nHost: gate\r\n\r\n'

const rows: [string, string][] = [
  ['H4 a vertical tab behind the encoding', `${head}Transfer-Encoding: chunked\v\r\n\r\n0\r\n\r\n${hidden}`],
  ['H5 a space before the colon of a length', `${head}Content-Length : 2\r\n\r\n{}${hidden}`],
  ['H5 a space before the colon of an encoding', `${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ['H5 a folded header', `${head}X-Any: a\r\n b\r\nContent-Length: 2\r\n\r\n{}${hidden}`],
  ['H11 a NUL in a value', `${head}X-Any: a\0b\r\nContent-Length: 2\r\n\r\n{}${hidden}`],
  ['H11 a bare CR in a value', `${head}X-Any: a\rb\r\nContent-Length: 2\r\n\r\n{}${hidden}`],
  ['H11 a bare LF in a value', `${head}X-Any: a\nb\r\nContent-Length: 2\r\n\r\n{}${hidden}`],
  ['H15 HTTP/0.9', 'GET /v1/echo\r\n\r\n'],
  ['H15 nothing', ''],
  ['a head that never ends', head],
]

test.concurrent.each(rows)('%s: closed within 13 s, and no handler runs', { timeout: 60_000 }, async (_name, raw) => {
  const { text, closed } = await talk(at.port, [raw], 14_000)
  for (const status of statusesOf(text)) expect(status).toBe(400)
  expect(closed).toBe(true)
  expect(at.handler.bodies).toEqual([])
  expect(at.handler.heads).not.toContain('GET /hidden')
})

test.concurrent('a body that stops is closed within 13 s and reaches nobody', { timeout: 60_000 }, async () => {
  const { closed } = await talk(at.port, [`${head}Content-Length: 100\r\n\r\n{"a"`], 14_000)
  expect(closed).toBe(true)
  expect(at.handler.bodies).toEqual([])
})

test.concurrent('an idle connection is closed after 10 s', { timeout: 60_000 }, async () => {
  const { closed, text } = await talk(at.port, ['GET /nope HTTP/1.1\r\nHost: gate\r\n\r\n'], 14_000)
  expect(statusesOf(text)).toEqual([404])
  expect(closed).toBe(true)
})
