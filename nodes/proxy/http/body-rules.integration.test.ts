// The body of a request as a client declares and sends it: too large, too short, of another type, before it is asked for.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { answersTo, statusesOf, talk } from './raw-client.ts'
import { startTestServer, type TestServer } from './test-handler.ts'
import { auth, common, expectOurs, host, json, line, post } from './test-requests.ts'

let at: TestServer
beforeAll(async () => {
  at = await startTestServer({ bodyBytesMax: 1_000 })
})
afterAll(() => at.server.close())
beforeEach(() => {
  at.handler.heads.length = 0
  at.handler.bodies.length = 0
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
  const { text, closed } = await answersTo(at.port, [post('Content-Length: 1001\r\n', '')])
  expect(statusesOf(text)).toEqual([413])
  expect(closed).toBe(false)
  const { text: both } = await answersTo(at.port, [
    post('Content-Length: 1001\r\n', 'a'.repeat(1001)),
    'GET /nope HTTP/1.1\r\nhost: a\r\n\r\n',
  ])
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
  // The binary would run the second one while an answer to the first is due: neither is served.
  const both = post('Content-Length: 7\r\n', '{"a":1}') + post('Content-Length: 7\r\n', '{"b":2}')
  const { text, closed } = await talk(at.port, [both], 5_000)
  expect([text, closed, at.handler.bodies]).toEqual(['', true, []])
})
