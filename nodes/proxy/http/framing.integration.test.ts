// What a client can send as bytes. Rows with a hidden request assert that it never runs: that is how a request is smuggled
// past a proxy in front.
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { answersTo, statusesOf, talk } from './raw-client.ts'
import { startTestServer, type TestServer } from './test-handler.ts'
import { auth, expectOurs, get, hidden, host, json, line, post } from './test-requests.ts'

let at: TestServer
beforeAll(async () => {
  at = await startTestServer()
})
afterAll(() => at.server.close())
beforeEach(() => {
  at.handler.heads.length = 0
  at.handler.bodies.length = 0
})

let behindProxy: TestServer
beforeAll(async () => {
  behindProxy = await startTestServer({ trustedProxies: ['127.0.0.1'] })
})
afterAll(() => behindProxy.server.close())

test('a valid request is answered', async () => {
  const { text } = await answersTo(at.port, [post('Content-Length: 7\r\n', '{"a":1}')])
  expect(statusesOf(text)).toEqual([200])
  expect(text.endsWith('\r\n\r\n{"a":1}')).toBe(true)
})

test.each([
  ['H1 two lengths that differ', post('Content-Length: 0\r\nContent-Length: 60\r\n', hidden)],
  ['H2 two lengths that agree', post('Content-Length: 2\r\nContent-Length: 2\r\n', '{}' + hidden)],
  ['H3 a length and an encoding', post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${hidden}`)],
  ['H3 an encoding and a length', post('Transfer-Encoding: chunked\r\nContent-Length: 6\r\n', `0\r\n\r\n${hidden}`)],
  ...['xchunked', 'Chunked', 'gzip, chunked', 'chunked, identity'].map((value) => [
    `H4 the encoding ${JSON.stringify(value)}`,
    post(`Transfer-Encoding: ${value}\r\n`, `0\r\n\r\n${hidden}`),
  ]),
  ['H4 the encoding twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${hidden}`)],
  ...['+5', '0x5', '5,5', '-1', '5_0', '', '1e3', '12345678901234567890', '005'].map((value) => [
    `H6 the length ${JSON.stringify(value)}`,
    post(`Content-Length: ${value}\r\n`, `{"a":1}${hidden}`),
  ]),
  ['H9 no host', `${line}${auth}${json}Content-Length: 2\r\n\r\n{}${hidden}`],
  ['H9 an empty host', `${line}Host:\r\n${auth}${json}Content-Length: 2\r\n\r\n{}${hidden}`],
  ['H9 two hosts', post('Host: other\r\nContent-Length: 2\r\n', `{}${hidden}`)],
  ...['a,b', 'a b', 'user@a', 'a/b', 'a:99999', 'a:', '[::1', '::1', 'a\xc3\xbcb', '*', 'http://a', '127.0.1'].map(
    (value) => [
      `H9 the host ${JSON.stringify(value)}`,
      `${line}Host: ${value}\r\n${auth}${json}Content-Length: 2\r\n\r\n{}${hidden}`,
    ],
  ),
  ['H11 a DEL in a value', post('X-Any: a\x7fb\r\nContent-Length: 2\r\n', `{}${hidden}`)],
  ['two authorization headers', post(`${auth}Content-Length: 2\r\n`, `{}${hidden}`)],
  ['two x-api-key headers', post('x-api-key: a\r\nx-api-key: b\r\nContent-Length: 2\r\n', `{}${hidden}`)],
])('%s: refused with 400, closed, and the hidden request does not run', async (_name, raw) => {
  const { text, closed } = await talk(at.port, [raw!], 10_000)
  if (text !== '') expect(statusesOf(text)).toEqual([400])
  expect(closed).toBe(true)
  expect(at.handler.heads).toEqual([])
  expect(at.handler.bodies).toEqual([])
})

test('a refusal for framing is ours, in JSON', async () => {
  const { text } = await answersTo(at.port, [post('Content-Length: 2\r\nContent-Length: 2\r\n', '{}')])
  expectOurs(text)
  expect(text).toContain('bad-framing')
})

test.each([
  ['an extension', '5;a=b\r\nhello\r\n0\r\n\r\n'],
  ['bare line feeds', '5\nhello\n0\n\n'],
  ['a letter that is no digit', 'g\r\nhello\r\n0\r\n\r\n'],
  ['a hexadecimal prefix', '0x5\r\nhello\r\n0\r\n\r\n'],
  ['a negative size', '-5\r\nhello\r\n0\r\n\r\n'],
  ['a space after the size', '5 \r\nhello\r\n0\r\n\r\n'],
  ['no line break after the chunk', '5\r\nhello0\r\n\r\n'],
  ['a size that overflows', 'fffffffffffffffff\r\nhello\r\n0\r\n\r\n'],
  ['an extension of 64 KB', `5;${'a'.repeat(65_536)}\r\nhello\r\n0\r\n\r\n`],
  ['trailers', `5\r\nhello\r\n0\r\n${auth}Content-Length: 4\r\nHost: evil\r\n\r\n`],
])('H8 a chunked body with %s never lets a second request run', async (_name, body) => {
  const { text } = await talk(at.port, [post('Transfer-Encoding: chunked\r\n', body + hidden)], 300)
  expect(statusesOf(text).length).toBeLessThanOrEqual(1)
  expect(at.handler.heads.filter((head) => head.includes('hidden'))).toEqual([])
})

test('a valid chunked body is read and answered, and its connection is closed', async () => {
  const raw = post('Transfer-Encoding: chunked\r\n', '4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n')
  const { text, closed } = await talk(at.port, [raw], 10_000)
  expect(statusesOf(text)).toEqual([200])
  expect(text.endsWith('{"a":1}')).toBe(true)
  expect(text.toLowerCase()).toContain('connection: close')
  expect(closed).toBe(true)
})

test('a chunked body in many pieces is read whole', async () => {
  const parts = [post('Transfer-Encoding: chunked\r\n', ''), '4\r\n{"', 'a"\r\n3', '\r\n:1}\r', '\n0\r\n', '\r\n']
  const { text } = await answersTo(at.port, parts)
  expect(text.endsWith('{"a":1}')).toBe(true)
})

test('a chunked body without a key is refused and its connection closed', async () => {
  const raw = `${line}${host}${json}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`
  const { text, closed } = await talk(at.port, [raw], 10_000)
  expect(statusesOf(text)).toEqual([401])
  expect(closed).toBe(true)
  expect(at.handler.heads).toEqual(['POST /v1/echo'])
})

test('behind a proxy a chunked body is refused with 411', async () => {
  const { text, closed } = await talk(behindProxy.port, [post('Transfer-Encoding: chunked\r\n', '0\r\n\r\n')], 10_000)
  expect(statusesOf(text)).toEqual([411])
  expect(closed).toBe(true)
  expect(behindProxy.handler.heads).toEqual([])
})

test('a header with an empty name cannot hide the length of a body', async () => {
  const { text, closed } = await talk(at.port, [post(`: x\r\nContent-Length: ${hidden.length}\r\n`, hidden)], 10_000)
  for (const status of statusesOf(text)) expect(status).toBe(411)
  expect(closed).toBe(true)
  expect(at.handler.heads).toEqual([])
})

test.each([
  ['a URL of 20 KB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`],
  ['a header of 20 KB', get(`${host}X-Any: ${'a'.repeat(20_000)}\r\n`)],
  ['101 headers', get(host + Array.from({ length: 101 }, (_, index) => `x-${index}: 1\r\n`).join(''))],
])('H12, H13 %s gets 431', async (_name, raw) => {
  const { text } = await answersTo(at.port, [raw])
  expect(statusesOf(text)).toEqual([431])
  expect(at.handler.heads).toEqual([])
})

test.each([
  ['HTTP/1.0', `GET /v1/echo HTTP/1.0\r\n${host}\r\n`],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['an absolute target', `GET http://gate/v1/echo HTTP/1.1\r\n${host}\r\n`],
  ['OPTIONS *', `OPTIONS * HTTP/1.1\r\n${host}\r\n`],
  ['CONNECT', `CONNECT gate:443 HTTP/1.1\r\n${host}\r\n`],
])(
  'H15, H16 %s is refused and closed',
  async (_name, raw) => {
    const { text, closed } = await talk(at.port, [raw], 10_000)
    for (const status of statusesOf(text)) expect([400, 505]).toContain(status)
    expect(closed).toBe(true)
    expect(at.handler.heads).toEqual([])
  },
  20_000,
)

test.each([
  ['a TLS hello', Buffer.from('16030100f8010000f40303', 'hex')],
  ['garbage', Buffer.from('\x00\x01\x02garbage', 'latin1')],
])(
  'H15 %s ends in a closed connection',
  async (_name, raw) => {
    const { closed } = await talk(at.port, [raw], 10_000)
    expect(closed).toBe(true)
    expect(at.handler.heads).toEqual([])
  },
  20_000,
)

test('no changed byte of a request makes the server fail or answer 500', async () => {
  const sound = post('Content-Length: 7\r\nUser-Agent: u\r\n', '{"a":1}')
  const piece = fc.constantFrom(
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    '\t',
    ':',
    ': ',
    'Content-Length: 3\r\n',
    '0\r\n\r\n',
    '\x7f',
    '\xff',
    ';',
    ',',
  )
  const change = fc.record({
    at: fc.nat(sound.length),
    remove: fc.nat(4),
    insert: fc.oneof(piece, fc.string({ maxLength: 3 })),
  })
  const changes = fc.sample(fc.array(change, { minLength: 1, maxLength: 4 }), { numRuns: 400, seed: 20_260 })
  const raws = changes.map((list) =>
    list.reduce((raw, { at, remove, insert }) => raw.slice(0, at) + insert + raw.slice(at + remove), sound),
  )
  const answers = await Promise.all(raws.map((raw) => talk(at.port, [raw], 600)))
  for (const [index, { text }] of answers.entries()) {
    for (const status of statusesOf(text)) expect(status, JSON.stringify(raws[index])).not.toBe(500)
  }
  expect(at.notices).toEqual([])
  const { text } = await answersTo(at.port, [sound])
  expect(statusesOf(text)).toEqual([200])
  await expect.poll(() => at.server.openRequests).toBe(0)
})
