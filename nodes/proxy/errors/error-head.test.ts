import { expect, test } from 'vitest'
import { errorHeadOf, retryAfterMsOf } from './error-head.ts'

const nowMs = Date.UTC(2026, 0, 1, 12, 0, 0)

test.each<[string, Readonly<Record<string, string>>, number | undefined]>([
  ['no header', {}, undefined],
  ['seconds', { 'retry-after': '2' }, 2_000],
  ['seconds with a fraction', { 'retry-after': '0.25' }, 250],
  ['seconds with spaces', { 'retry-after': ' 3 ' }, 3_000],
  ['zero', { 'retry-after': '0' }, 0],
  ['a date', { 'retry-after': 'Thu, 01 Jan 2026 12:00:30 GMT' }, 30_000],
  ['a date that is over', { 'retry-after': 'Thu, 01 Jan 2026 11:59:00 GMT' }, 0],
  ['milliseconds', { 'retry-after-ms': '1500' }, 1_500],
  ['milliseconds before seconds', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1_500],
  ['unreadable milliseconds before seconds', { 'retry-after-ms': 'soon', 'retry-after': '9' }, 9_000],
  ['negative milliseconds before seconds', { 'retry-after-ms': '-1', 'retry-after': '9' }, 9_000],
  ['an empty value', { 'retry-after': '' }, undefined],
  ['spaces', { 'retry-after': '  ' }, undefined],
  ['words', { 'retry-after': 'in a while' }, undefined],
])('a head with %s asks for this wait', (_, headers, wanted) => {
  const head = { status: 429, header: (name: string) => headers[name] }
  expect(retryAfterMsOf(head, nowMs)).toBe(wanted)
})

type Headers = Readonly<Record<string, string>>

/** The wait that the head of a 429 names by the limits of the account. */
function resetOf(headers: Headers, status = 429): number | undefined {
  const headersLike = (prefix: string) =>
    Object.entries(headers).flatMap((pair) => (pair[0].startsWith(prefix) ? pair : []))
  return errorHeadOf({ status, header: (name) => headers[name], headersLike }, nowMs).resetMs
}

const inHalfAMinute = nowMs / 1_000 + 30

test.each<[string, Headers, number | undefined]>([
  ['a Go duration (OpenAI, Groq)', { 'x-ratelimit-reset-requests': '2m59.56s' }, 179_560],
  ['seconds (Cerebras)', { 'x-ratelimit-reset-tokens-minute': '11.38' }, 11_380],
  ['the seconds of a point in time', { 'x-ratelimit-reset': String(inHalfAMinute) }, 30_000],
  ['the milliseconds of a point in time (OpenRouter)', { 'x-ratelimit-reset': String(inHalfAMinute * 1_000) }, 30_000],
  ['a date (Anthropic)', { 'anthropic-ratelimit-tokens-reset': '2026-01-01T12:00:30Z' }, 30_000],
  ['a point in time (Anthropic)', { 'anthropic-ratelimit-unified-reset': String(inHalfAMinute) }, 30_000],
  ["the draft's seconds", { 'ratelimit-reset': '7' }, 7_000],
  ['words', { 'x-ratelimit-reset': 'soon' }, undefined],
  ['nothing', {}, undefined],
])('a limit that is renewed after %s', (_, headers, wait) => {
  expect(resetOf(headers)).toBe(wait)
})

test('the limit that is used up counts, else the first one that is renewed', () => {
  const resets = { 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-reset-tokens': '6m0s' }
  expect(resetOf(resets)).toBe(1_000)
  expect(resetOf({ ...resets, 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-remaining-requests': '9' })).toBe(
    360_000,
  )
  const anthropic = { 'anthropic-ratelimit-tokens-reset': '2026-01-01T12:00:30Z' }
  expect(resetOf({ ...anthropic, 'anthropic-ratelimit-tokens-remaining': '0' })).toBe(30_000)
})

test('the limits of an account say nothing of an error that is no limit', () => {
  expect(resetOf({ 'x-ratelimit-reset-requests': '1s' }, 503)).toBeUndefined()
})
