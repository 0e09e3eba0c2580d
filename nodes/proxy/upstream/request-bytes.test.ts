import { expect, test } from 'vitest'
import { prepareRequest, RequestChecker } from './request-bytes.ts'
import type { UpstreamRequest } from './upstream.ts'

const origin = { key: 'http://up', protocol: 'http:', hostname: 'up', port: 80, host: 'up' } as const

test('a small request is one string', () => {
  const { text, pieces } = prepareRequest(request({ body: [Buffer.from('{"a"'), Buffer.from(':1}')] }))
  expect(pieces).toBeUndefined()
  expect(text).toBe('POST /v1/chat HTTP/1.1\r\nhost: up\r\naccept: */*\r\ncontent-length: 7\r\n\r\n{"a":1}')
})

test('the body of a large request is sent in its own pieces', () => {
  const body = [Buffer.alloc(16_000, 'x')]
  const { text, pieces } = prepareRequest(request({ body }))
  expect(pieces).toBe(body)
  expect(text.endsWith('content-length: 16000\r\n\r\n')).toBe(true)
})

test('only a POST without a body has a length', () => {
  expect(prepareRequest(request({ body: [] })).text).toContain('content-length: 0\r\n')
  expect(prepareRequest(request({ method: 'GET', body: [] })).text).not.toContain('content-length')
})

test.each([
  [{ path: '/v1/a b' }, 'path'],
  [{ path: '/v1/\r\nx' }, 'path'],
  [{ path: '/v1/ä' }, 'path'],
  [{ headerLines: 'a: b\n' }, 'malformed'],
  [{ headerLines: 'a: b\r\n\r\nGET / HTTP/1.1\r\n' }, 'malformed'],
  [{ headerLines: 'Host: other\r\n' }, 'writes itself'],
  [{ headerLines: 'a: b\r\nTransfer-Encoding: chunked\r\n' }, 'writes itself'],
])('%o is rejected', (over, problem) => {
  expect(new RequestChecker().problem(request(over))).toContain(problem)
})

test('lines that passed once pass again, and others are still checked', () => {
  const checker = new RequestChecker()
  expect(checker.problem(request({}))).toBeUndefined()
  expect(checker.problem(request({}))).toBeUndefined()
  expect(checker.problem(request({ headerLines: 'broken' }))).toContain('malformed')
})

function request(over: Partial<UpstreamRequest>): UpstreamRequest {
  const body = [Buffer.from('{}')]
  return {
    origin,
    method: 'POST',
    path: '/v1/chat',
    headerLines: 'accept: */*\r\n',
    body,
    connectTimeoutMs: 1,
    ...over,
  }
}
