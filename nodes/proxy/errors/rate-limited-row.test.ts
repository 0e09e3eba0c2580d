import { expect, test } from 'vitest'
import type { RateLimitedError } from './gateway-error.ts'
import { rateLimitedRow } from './rate-limited-row.ts'

const reached: RateLimitedError = {
  type: 'rate-limited',
  limit: 'daily',
  per: 'user',
  subject: 'ann',
  unit: 'requests',
  amount: 1_000,
  window: '1d',
  retryAfterMs: 5_000,
  headers: ['x-ratelimit-limit-requests', '1000'],
}

test.each<[RateLimitedError['unit'], number, string, string]>([
  ['requests', 5, 'requests', '5 requests'],
  ['requests', 1, 'requests', '1 request'],
  ['concurrency', 2, 'requests', '2 requests at the same time'],
  ['usd', 2_500_000_000, 'requests', '2.5 USD'],
  ['tokens', 5, 'tokens', '5 tokens'],
  ['inputTokens', 5, 'tokens', '5 input tokens'],
  ['outputTokens', 5, 'tokens', '5 output tokens'],
])('a limit of %s', (unit, amount, type, text) => {
  const found = rateLimitedRow({ ...reached, unit, amount })
  expect(found).toMatchObject({ status: 429, type, code: 'rate_limit_exceeded', retry: true, retryAfterMs: 5_000 })
  expect(found.message).toBe(`The limit \`daily\` of ${text} in 1d for user \`ann\` is reached. Try again in 5s.`)
  expect(found.headers).toBe(reached.headers)
})

test('a session without time left is not asked for again', () => {
  const over = { ...reached, unit: 'wallTime' as const, per: 'session', subject: '', amount: 1_800_000, window: '' }
  const found = rateLimitedRow({ ...over, retryAfterMs: undefined })
  expect(found.retry).toBe(false)
  expect(found.message).toBe(
    'The limit `daily` of 30m0s since the first request per session is reached. Begin another one.',
  )
})

test('a request that never fits is not sent again', () => {
  const found = rateLimitedRow({ ...reached, retryAfterMs: undefined, per: 'key', subject: '' })
  expect(found.retry).toBe(false)
  expect(found.message).toBe(
    'The limit `daily` of 1000 requests in 1d per key is too small for this request. Send a smaller one.',
  )
})
