// What a client can send as bytes. Rows with a hidden request assert that it never runs: that is how a request is smuggled
// past a proxy in front.
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { answersTo, statusesOf, talk } from './raw-client.ts'
import { key, startTestServer, type TestServer } from './test-handler.ts'

let at: TestServer
let behindProxy: TestServer
beforeAll(async () => {
  at = await startTestServer({ bodyBytesMax: 1_000 })
  behindProxy = await startTestServer({ trustedProxies: ['127.0.0.1'] })
})
afterAll(() => {
  at.server.close()
  behindProxy.server.close()
})
beforeEach(() => {
  at.handler.heads.length = 0
  at.handler.bodies.length = 0
})

const line = 'POST /v1/echo HTTP/1.1\r\n'
const host = 'Host: gate\r\n'
const auth = `Authorization: Bearer ${key}\r\n`
const json = 'Content-Type: application/json\r\n'
const common = host + auth + json
const hidden = `GET /hidden HTTP/1.1\r\n${host}${auth}\r\n`

function post(headers: string, body: string): string {
  return `${line}${common}${headers}\r\n${body}`
}

function get(raw: string): string {
  return `GET /v1/echo HTTP/1.1\r\n${raw}\r\n`
}

/** Every answer of ours is JSON and carries a request id. */
function expectOurs(text: string): void {
  expect(text.toLowerCase()).toContain('x-request-id: ')
  expect(text.toLowerCase()).toContain('content-type: application/json')
}

test('a sound request is answered', async () => {
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
  ['H9 two hosts in one', `${line}Host: a,b\r\n${auth}${json}Content-Length: 2\r\n\r\n{}${hidden}`],
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

test('a sound chunked body is read, answered, and its connection closed', async () => {
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
  ['evil.com', 421],
  ['a@gate.example', 421],
  ['gate.example/x', 421],
  ['gate.example:99999', 421],
  ['gate.example:8080', 200],
])('H10 with hosts configured, the host %s gets %i', async (name, status) => {
  const known = await startTestServer({ hosts: ['gate.example'] })
  const { text } = await answersTo(known.port, [get(`Host: ${name}\r\n${auth}`)])
  known.server.close()
  expect(statusesOf(text)).toEqual([status])
  expectOurs(text)
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

test('a token of 6 KB passes', async () => {
  const { text } = await answersTo(at.port, [get(`${host}Authorization: Bearer ${'a'.repeat(6_000)}\r\n`)])
  expect(statusesOf(text)).toEqual([401])
})

test.each([
  '/v1/%65cho',
  '/v1/echo%00',
  '/v1/echo%0d%0a',
  '/v1/x/../echo',
  '/v1/%2e%2e/v1/echo',
  '/v1\\echo',
  '//v1/echo',
  '/v1//echo',
])('H14 the path %s is not normalised into another route', async (path) => {
  const { text } = await answersTo(at.port, [`GET ${path} HTTP/1.1\r\n${host}${auth}\r\n`])
  expect(statusesOf(text)).toEqual([404])
  expect(at.handler.heads).toEqual([`GET ${path}`])
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

test.each(['TRACE', 'OPTIONS', 'DELETE', 'FOO', 'post'])(
  'H16, H17 the method %s gets 405 with Allow',
  async (method) => {
    const { text } = await answersTo(at.port, [`${method} /v1/echo HTTP/1.1\r\n${host}${auth}\r\n`])
    expect(statusesOf(text)).toEqual([405])
    expect(text).toContain('allow: GET, HEAD, POST')
  },
)

test('H18 an unknown path gets our 404', async () => {
  const { text } = await answersTo(at.port, [`GET /nope HTTP/1.1\r\n${host}x-request-id: r-1\r\n\r\n`])
  expect(statusesOf(text)).toEqual([404])
  expect(text).toContain('x-request-id: r-1')
  expectOurs(text)
})

test('H19 an answer to HEAD has no body, and the next answer starts where it ends', async () => {
  const raw = `HEAD /v1/echo HTTP/1.1\r\n${host}${auth}\r\n`
  const { text } = await answersTo(at.port, [raw, `HEAD /nope HTTP/1.1\r\n${host}\r\n`, raw])
  expect(statusesOf(text)).toEqual([200, 404, 200])
  expect(text.split('\r\n\r\n').map((part) => part.slice(0, 8))).toEqual(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', ''])
})

test('H20 a refusal follows the interim answer', async () => {
  const expecting = `Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`
  const noKey = await answersTo(at.port, [`${line}${host}${json}${expecting}`])
  expect(statusesOf(noKey.text)).toEqual([401])
  const tooLarge = await answersTo(at.port, [`${line}${common}Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n`])
  expect(statusesOf(tooLarge.text)).toEqual([413])
  const other = await answersTo(at.port, [`${line}${common}Expect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}`])
  expect(statusesOf(other.text)).toEqual([417])
})

test('H20 after the interim answer the body is read', async () => {
  const { text } = await answersTo(at.port, [post('Expect: 100-continue\r\nContent-Length: 2\r\n', ''), '{}'])
  expect(text).toContain('100 Continue')
  expect(statusesOf(text)).toEqual([200])
})

test('H21 a body that is declared too large is refused before it is read, and skipped so that the refusal arrives', async () => {
  const { text, closed } = await talk(at.port, [post('Content-Length: 1001\r\n', '')], 300)
  expect(statusesOf(text)).toEqual([413])
  expect(closed).toBe(false)
  const { text: both } = await talk(
    at.port,
    [post('Content-Length: 1001\r\n', 'a'.repeat(1001)), 'GET /nope HTTP/1.1\r\nhost: a\r\n\r\n'],
    300,
  )
  expect(statusesOf(both)[0]).toBe(413)
  expect(statusesOf(both)).toHaveLength(2)
  expect(at.handler.bodies).toEqual([])
})

test('H21 a body that is declared more than twice too large closes its connection', async () => {
  const { text, closed } = await talk(at.port, [post('Content-Length: 2001\r\n', '')], 10_000)
  expect(statusesOf(text)).toEqual([413])
  expect(closed).toBe(true)
})

test('H21 a chunked body is refused where it passes the limit', async () => {
  const chunk = `258\r\n${'a'.repeat(600)}\r\n`
  const { text, closed } = await talk(at.port, [post('Transfer-Encoding: chunked\r\n', chunk), chunk, chunk], 10_000)
  expect(statusesOf(text)).toEqual([413])
  expect(closed).toBe(true)
  expect(at.handler.bodies).toEqual([])
})

test('H22 a body that ends early reaches nobody', async () => {
  await talk(at.port, [post('Content-Length: 100\r\n', '{"a":')], 100)
  await expect.poll(() => at.server.openRequests).toBe(0)
  expect(at.handler.bodies).toEqual([])
})

test.each([
  ['no type', '', 415, 'application/json'],
  ['a form', 'Content-Type: application/x-www-form-urlencoded\r\n', 415, 'application/json'],
  ['two types', json + json, 400, 'content-type'],
])('H23 a body with %s is refused', async (_name, type, status, says) => {
  const { text } = await answersTo(at.port, [`${line}${host}${auth}${type}Content-Length: 2\r\n\r\n{}`])
  expect(statusesOf(text)).toEqual([status])
  expect(text).toContain(says)
  expectOurs(text)
  expect(at.handler.bodies).toEqual([])
})

test('H24 a compressed body is refused with 415', async () => {
  const { text } = await answersTo(at.port, [post('Content-Encoding: gzip\r\nContent-Length: 2\r\n', '{}')])
  expect(statusesOf(text)).toEqual([415])
  expect(at.handler.bodies).toEqual([])
})

test('H25 two pipelined requests never mix', async () => {
  const both = post('Content-Length: 7\r\n', '{"a":1}') + post('Content-Length: 7\r\n', '{"b":2}')
  const { text } = await answersTo(at.port, [both])
  expect(statusesOf(text)).toEqual([200, 200])
  expect(text.indexOf('{"a":1}')).toBeLessThan(text.indexOf('{"b":2}'))
})

test('H26 without a key nothing of the body is judged', async () => {
  const { text } = await answersTo(at.port, [`${line}${host}Content-Length: 2\r\n\r\n{}`])
  expect(statusesOf(text)).toEqual([401])
  expect(text).toContain('www-authenticate: Bearer')
})

test('H29, H30 forwarding headers are not shown, and our own are', async () => {
  const seen: (string | undefined)[] = []
  at.handler.onHeadHook = (head) => {
    for (const name of ['x-forwarded-for', 'x-forwarded-host', 'connection', 'x-headgate-tags', 'user-agent'])
      seen.push(head.header(name))
  }
  const extra =
    'X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: evil\r\nConnection: keep-alive\r\nX-Headgate-Tags: a\r\nUser-Agent: u\r\n'
  await talk(at.port, [get(host + auth + extra)], 100)
  at.handler.onHeadHook = undefined
  expect(seen).toEqual([undefined, undefined, undefined, 'a', 'u'])
})

test.each([
  ['r-1.a:b', 'r-1.a:b'],
  ['a'.repeat(129), undefined],
  ['a b', undefined],
  ['a"b', undefined],
])('a request id is taken when it is a sane token: %s', async (id, taken) => {
  let seen: string | undefined
  at.handler.onHeadHook = (head) => {
    seen = head.requestId
  }
  await talk(at.port, [get(`${host}x-request-id: ${id}\r\n`)], 60)
  at.handler.onHeadHook = undefined
  expect(seen).toBe(taken)
})

test('H31 no origin is ever echoed', async () => {
  const { text } = await answersTo(at.port, [get(`${host}${auth}Origin: https://evil.example\r\n`)])
  expect(text.toLowerCase()).not.toContain('access-control')
})

test('path and query arrive as they were sent', async () => {
  let seen: string[] = []
  at.handler.onHeadHook = (head) => {
    seen = [head.method, head.path, head.query]
  }
  await talk(at.port, [`GET /A%2fb?x=%20&y HTTP/1.1\r\n${host}\r\n`], 60)
  at.handler.onHeadHook = undefined
  expect(seen).toEqual(['GET', '/A%2fb', 'x=%20&y'])
})

test('whatever a client sends, the server lives and nothing of ours fails', async () => {
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
