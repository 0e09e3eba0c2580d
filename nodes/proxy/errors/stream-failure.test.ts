import { expect, test } from 'vitest'
import type { ChatErrorKind } from '../../../shared/chat/error.ts'
import { failureInStream } from './stream-failure.ts'

test.each<[ChatErrorKind, number, string | undefined]>([
  ['invalid-request', 400, 'own_code'],
  ['context-length', 400, 'context_length_exceeded'],
  ['content-policy', 400, 'content_policy_violation'],
  ['too-large', 413, 'own_code'],
])('an error event of the kind %s rejects the request with %i and the code %s', (kind, status, code) => {
  const error = { kind, message: 'Too long.', code: 'own_code', param: 'messages' }
  expect(failureInStream(error, undefined)).toEqual({
    outcome: 'http-error',
    condition: undefined,
    error: { type: 'rejected-in-stream', status, code, message: 'Too long.', param: 'messages' },
  })
})

test.each<[ChatErrorKind, string, string]>([
  ['authentication', 'auth', 'upstream-auth'],
  ['permission', 'auth', 'upstream-auth'],
  ['quota', 'auth', 'upstream-auth'],
  ['rate-limit', '429', 'upstream-limited'],
  ['not-found', '5xx', 'upstream-error-event'],
  ['overloaded', '5xx', 'upstream-error-event'],
  ['timeout', '5xx', 'upstream-error-event'],
  ['server', '5xx', 'upstream-error-event'],
])('an error event of the kind %s is retried on %s and told as %s', (kind, condition, type) => {
  expect(failureInStream({ kind, message: 'No.' }, 'No.')).toMatchObject({ condition, error: { type } })
})

test('an error event that was not understood keeps what it said', () => {
  expect(failureInStream(undefined, 'boom')).toMatchObject({
    condition: '5xx',
    error: { type: 'upstream-error-event', message: 'boom' },
  })
})

test('the wait that a rate limit names in the stream is kept', () => {
  expect(failureInStream({ kind: 'rate-limit', message: '', retryAfterMs: 5_000 }, undefined).retryAfterMs).toBe(5_000)
})
