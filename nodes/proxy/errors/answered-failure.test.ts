import { expect, test } from 'vitest'
import type { ChatErrorKind } from '../../../shared/chat/error.ts'
import { failureOfAnswer, failureOfChatError } from './answered-failure.ts'
import type { ErrorAnswer } from './gateway-error.ts'

function answered(status: number, retryAfterMs?: number): ErrorAnswer {
  return { status, contentType: 'application/json', retryAfterMs, body: Buffer.from('{}') }
}

test.each([
  [301, 'http-error', undefined, 'upstream-error'],
  [400, 'http-error', undefined, 'upstream-rejected'],
  [401, 'auth', 'auth', 'upstream-auth'],
  [402, 'auth', 'auth', 'upstream-auth'],
  [403, 'auth', 'auth', 'upstream-auth'],
  [404, 'http-error', 'target', 'upstream-rejected'],
  [405, 'http-error', 'target', 'upstream-rejected'],
  [407, 'auth', 'auth', 'upstream-auth'],
  [408, 'http-error', '408', 'upstream-timeout'],
  [409, 'http-error', '409', 'upstream-rejected'],
  [410, 'http-error', 'target', 'upstream-rejected'],
  [413, 'http-error', undefined, 'upstream-rejected'],
  [415, 'http-error', undefined, 'upstream-rejected'],
  [422, 'http-error', undefined, 'upstream-rejected'],
  [424, 'http-error', 'target', 'upstream-rejected'],
  [425, 'http-error', '5xx', 'upstream-error'],
  [429, 'http-error', '429', 'upstream-limited'],
  [451, 'http-error', undefined, 'upstream-rejected'],
  [498, 'http-error', '5xx', 'upstream-overloaded'],
  [499, 'http-error', '408', 'upstream-timeout'],
  [500, 'http-error', '5xx', 'upstream-error'],
  [502, 'http-error', '5xx', 'upstream-error'],
  [503, 'http-error', '5xx', 'upstream-overloaded'],
  [504, 'http-error', '5xx', 'upstream-timeout'],
  [520, 'http-error', '5xx', 'upstream-error'],
  [521, 'http-error', '5xx', 'upstream-error'],
  [522, 'http-error', '5xx', 'upstream-timeout'],
  [523, 'http-error', '5xx', 'upstream-error'],
  [524, 'http-error', '5xx', 'upstream-timeout'],
  [525, 'http-error', '5xx', 'upstream-error'],
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

test.each<[ChatErrorKind, number, string | undefined, string]>([
  ['authentication', 400, 'auth', 'upstream-auth'],
  ['permission', 404, 'auth', 'upstream-auth'],
  ['quota', 429, 'auth', 'upstream-auth'],
  ['rate-limit', 400, '429', 'upstream-limited'],
  ['rate-limit', 503, '429', 'upstream-limited'],
  ['overloaded', 400, '5xx', 'upstream-overloaded'],
  ['overloaded', 429, '5xx', 'upstream-overloaded'],
  ['overloaded', 529, '5xx', 'upstream-overloaded'],
  ['invalid-request', 400, undefined, 'upstream-rejected'],
  ['invalid-request', 424, 'target', 'upstream-rejected'],
  ['invalid-request', 500, '5xx', 'upstream-error'],
  ['context-length', 400, undefined, 'upstream-rejected'],
  ['context-length', 500, undefined, 'upstream-rejected'],
  ['content-policy', 403, undefined, 'upstream-rejected'],
  ['not-found', 400, 'target', 'upstream-rejected'],
  ['not-found', 404, 'target', 'upstream-rejected'],
  ['not-found', 403, 'auth', 'upstream-auth'],
  ['server', 424, '5xx', 'upstream-error'],
  ['server', 500, '5xx', 'upstream-error'],
  ['timeout', 408, '408', 'upstream-timeout'],
  ['timeout', 499, '408', 'upstream-timeout'],
  ['timeout', 504, '5xx', 'upstream-timeout'],
])('an error of the kind %s with the status %i is retried on %s and told as %s', (kind, status, condition, type) => {
  expect(failureOfChatError(answered(status), { kind, message: '' })).toMatchObject({ condition, error: { type } })
})

test.each<[ChatErrorKind, number, number]>([
  ['content-policy', 403, 400],
  ['context-length', 500, 400],
  ['too-large', 503, 413],
  ['too-large', 413, 413],
  ['content-policy', 422, 422],
])('a request of which the kind is %s, refused with %i, is told with %i', (kind, status, told) => {
  const { error } = failureOfChatError(answered(status), { kind, message: '' })
  expect(error).toMatchObject({ type: 'upstream-rejected', answer: { status: told } })
})

test('the wait in the head goes before the wait in the body', () => {
  const error = { kind: 'rate-limit', message: '', retryAfterMs: 34_400 } as const
  expect(failureOfChatError(answered(429), error).retryAfterMs).toBe(34_400)
  expect(failureOfChatError(answered(429, 2_000), error).retryAfterMs).toBe(2_000)
  expect(failureOfChatError({ ...answered(429), resetMs: 1 }, error).retryAfterMs).toBe(34_400)
  expect(failureOfChatError({ ...answered(429), resetMs: 1 }, { ...error, retryAfterMs: undefined }).retryAfterMs).toBe(
    1,
  )
})
