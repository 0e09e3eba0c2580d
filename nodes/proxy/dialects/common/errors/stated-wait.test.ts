import { expect, test } from 'vitest'
import { geminiUpstream } from '../../gemini/gemini.ts'
import { openAiChatUpstream } from '../../openai-chat/openai-chat.ts'
import { durationMs, statedWaitMs } from './stated-wait.ts'

// The form of Google's body is google.rpc.RetryInfo; its OpenAI endpoint answers a list with one such body.
const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '26.660853464s' }
const limited = { error: { code: 429, message: 'Slow down.', status: 'RESOURCE_EXHAUSTED', details: [{}, retryInfo] } }

for (const { name, parseError } of [geminiUpstream, openAiChatUpstream])
  test.each([
    ['an object', limited],
    ['a list', [limited]],
  ])(`RetryInfo is read in %s (${name})`, (_, body) => {
    const error = parseError(429, Buffer.from(JSON.stringify(body)))
    expect(error).toMatchObject({ kind: 'rate-limit', message: 'Slow down.', retryAfterMs: 26_661 })
  })

test.each([
  ['Rate limit reached for gpt-4o on tokens per min (TPM): Limit 1. Please try again in 1.2s. Visit …', 1_200],
  ['Rate limit reached. Please try again in 6m0s.', 360_000],
  ['Please try again in 120ms.', 120],
  ['Please try again in 7m12.5s. Need more?', 432_500],
  ['Requests have exceeded the call rate limit. Please retry after 26 seconds.', 26_000],
  ['Rate limit is exceeded. Try again in 3 seconds.', 3_000],
  ['You exceeded your quota. Please retry in 26.660853464s.', 26_661],
  ['Wait for 2 minutes.', 120_000],
  ['Please try again in 1 hour 30 minutes', 5_400_000],
  ['Please try again later.', undefined],
  ['Please try again in a moment.', undefined],
  ['Try again in 5 apples.', undefined],
])('a message that says %j asks for %j ms', (message, wait) => {
  expect(statedWaitMs({}, message)).toBe(wait)
})

test.each<[object, number | undefined]>([
  [{ error: { retry_after: 3 } }, 3_000],
  [{ error: { metadata: { retry_after_seconds: 1.5 } } }, 1_500],
  [{ error: 'Model is loading', estimated_time: 20.25 }, 20_250],
  [{ retry_after_ms: 250, retry_after: 9 }, 250],
  [{ error: { retry_after: 'soon' } }, undefined],
  [{ error: { retry_after: -1 } }, undefined],
])('the members %j ask for %j ms', (body, wait) => {
  expect(statedWaitMs(body as Parameters<typeof statedWaitMs>[0], '')).toBe(wait)
})

test.each([
  ['1d2h', 93_600_000],
  ['250us', 1],
  ['', undefined],
  ['12', undefined],
])('the duration %j is %j ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms)
})
