import { expect, test } from 'vitest'
import type { ChatErrorKind } from '../../../shared/chat/error.ts'
import type { UpstreamError } from '../upstream/upstream.ts'
import type { ErrorAnswer } from './gateway-error.ts'
import { failureOfAnswer, failureOfChatError, failureOfError } from './upstream-failure.ts'

function answered(status: number, retryAfterMs?: number): ErrorAnswer {
  return { status, contentType: 'application/json', retryAfterMs, body: Buffer.from('{}') }
}

test.each([
  [301, 'http-error', undefined, 'upstream-error'],
  [400, 'http-error', undefined, 'upstream-rejected'],
  [401, 'auth', 'auth', 'upstream-auth'],
  [402, 'auth', 'auth', 'upstream-auth'],
  [403, 'auth', 'auth', 'upstream-auth'],
  [404, 'http-error', undefined, 'upstream-rejected'],
  [408, 'http-error', '408', 'upstream-timeout'],
  [409, 'http-error', '409', 'upstream-rejected'],
  [413, 'http-error', undefined, 'upstream-rejected'],
  [422, 'http-error', undefined, 'upstream-rejected'],
  [429, 'http-error', '429', 'upstream-limited'],
  [500, 'http-error', '5xx', 'upstream-error'],
  [503, 'http-error', '5xx', 'upstream-overloaded'],
  [529, 'http-error', '5xx', 'upstream-overloaded'],
])('an answer with %i has the outcome %s, is retried on %s, and is told as %s', (status, outcome, condition, type) => {
  expect(failureOfAnswer(answered(status))).toMatchObject({ outcome, condition, error: { type } })
})

test('the wait of a limited or failing upstream is kept, and a limit without one means a second', () => {
  expect(failureOfAnswer(answered(429, 7_000))).toMatchObject({ error: { retryAfterMs: 7_000 }, retryAfterMs: 7_000 })
  expect(failureOfAnswer(answered(429))).toMatchObject({ error: { retryAfterMs: 1_000 }, retryAfterMs: undefined })
  expect(failureOfAnswer(answered(503, 7_000)).retryAfterMs).toBe(7_000)
})

test('a rejection carries the answer that the caller is to see', () => {
  const answer = answered(422)
  expect(failureOfAnswer(answer).error).toEqual({ type: 'upstream-rejected', answer })
})

test.each<[UpstreamError['type'], string, string, string]>([
  ['tls', 'tls', 'connect', 'upstream-tls'],
  ['protocol', 'protocol', '5xx', 'upstream-protocol'],
  ['connect-timeout', 'connect', 'connect', 'upstream-timeout'],
  ['connect', 'connect', 'connect', 'upstream-error'],
  ['reset', 'reset', 'connect', 'upstream-error'],
])('a connection that fails by %s has the outcome %s, is retried on %s, and is told as %s', (type, ...wanted) => {
  const [outcome, condition, told] = wanted
  const failure = failureOfError({ type, message: 'ECONNREFUSED 10.0.0.7' } as UpstreamError)
  expect(failure).toMatchObject({ outcome, condition, error: { type: told } })
  expect(JSON.stringify(failure)).not.toContain('10.0.0.7')
})

test.each<[ChatErrorKind, number, string | undefined, string]>([
  ['authentication', 400, 'auth', 'upstream-auth'],
  ['permission', 404, 'auth', 'upstream-auth'],
  ['quota', 429, 'auth', 'upstream-auth'],
  ['rate-limit', 400, '429', 'upstream-limited'],
  ['overloaded', 400, '5xx', 'upstream-overloaded'],
  ['overloaded', 529, '5xx', 'upstream-overloaded'],
  ['invalid-request', 400, undefined, 'upstream-rejected'],
  ['context-length', 400, undefined, 'upstream-rejected'],
  ['server', 500, '5xx', 'upstream-error'],
  ['timeout', 408, '408', 'upstream-timeout'],
])('an error of the kind %s with the status %i is retried on %s and told as %s', (kind, status, condition, type) => {
  expect(failureOfChatError(answered(status), { kind, message: '' })).toMatchObject({ condition, error: { type } })
})

test('the wait in the head goes before the wait in the body', () => {
  const error = { kind: 'rate-limit', message: '', retryAfterMs: 34_400 } as const
  expect(failureOfChatError(answered(429), error).retryAfterMs).toBe(34_400)
  expect(failureOfChatError(answered(429, 2_000), error).retryAfterMs).toBe(2_000)
})
