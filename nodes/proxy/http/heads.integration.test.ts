// The head of a request that is framed well: its path, method, host, key and other headers.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { answersTo, statusesOf } from './raw-client.ts'
import { startTestServer, type TestServer } from './test-handler.ts'
import { auth, expectOurs, get, host, line } from './test-requests.ts'

let at: TestServer
beforeAll(async () => {
  at = await startTestServer()
})
afterAll(() => at.server.close())
beforeEach(() => {
  at.handler.heads.length = 0
  at.handler.bodies.length = 0
})

test.each([
  ['evil.com', 421],
  ['a@gate.example', 400],
  ['gate.example/x', 400],
  ['gate.example:99999', 400],
  ['gate.example:8080', 200],
])('H10 with hosts configured, the host %s gets %i', async (name, status) => {
  const known = await startTestServer({ hosts: ['gate.example'] })
  const { text } = await answersTo(known.port, [get(`Host: ${name}\r\n${auth}`)])
  known.server.close()
  expect(statusesOf(text)).toEqual([status])
  expectOurs(text)
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

test('H26 without a key the gateway judges nothing of the body', async () => {
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
  await answersTo(at.port, [get(host + auth + extra)])
  at.handler.onHeadHook = undefined
  expect(seen).toEqual([undefined, undefined, undefined, 'a', 'u'])
})

test.each([
  ['r-1.a:b', 'r-1.a:b'],
  ['a'.repeat(129), undefined],
  ['a b', undefined],
  ['a"b', undefined],
])('a request id is taken when it is a valid token: %s', async (id, taken) => {
  let seen: string | undefined
  at.handler.onHeadHook = (head) => {
    seen = head.requestId
  }
  await answersTo(at.port, [get(`${host}x-request-id: ${id}\r\n`)])
  at.handler.onHeadHook = undefined
  expect(seen).toBe(taken)
})

test('H31 no origin is ever echoed', async () => {
  const { text } = await answersTo(at.port, [get(`${host}${auth}Origin: https://evil.example\r\n`)])
  expect(statusesOf(text)).toEqual([200])
  expect(text.toLowerCase()).not.toContain('access-control')
})

test('path and query arrive as they were sent', async () => {
  let seen: string[] = []
  at.handler.onHeadHook = (head) => {
    seen = [head.method, head.path, head.query]
  }
  await answersTo(at.port, [`GET /A%2fb?x=%20&y HTTP/1.1\r\n${host}\r\n`])
  at.handler.onHeadHook = undefined
  expect(seen).toEqual(['GET', '/A%2fb', 'x=%20&y'])
})
