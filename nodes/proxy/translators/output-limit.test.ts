// Providers refuse a limit of output tokens above the model's own ("max_tokens: 200000 > 64000, which is the maximum allowed number of
// output tokens for claude-sonnet-4-5"). Callers of several models, and fallbacks, do not know each.
import { expect, test } from 'vitest'
import { testTarget } from '../providers/test-target.ts'
import { askSample, jsonTranslators, samples } from './test-translators.ts'

const facts = { outputTokensMax: 64_000 }
const claude = testTarget({ kind: 'anthropic', model: 'claude-x', facts })
const asked = (max_tokens: number) =>
  jsonTranslators(askSample({ ...samples.chat, body: { ...samples.chat.body, max_tokens } }))

test.each([
  [200_000, 64_000, 'max_tokens'],
  [64_000, 64_000, ''],
  [9, 9, ''],
])('of the limit %i a model of 64,000 is sent %i', (limit, wanted, dropped) => {
  const chosen = asked(limit).to(claude, false)
  if (!chosen.ok) throw new Error(chosen.error.type)
  expect(JSON.parse(Buffer.concat(chosen.value.body).toString()).max_tokens).toBe(wanted)
  expect(chosen.value.dropped).toBe(dropped)
})

test('a model whose limit is unknown is sent what the caller says', () => {
  const chosen = asked(200_000).to(testTarget({ kind: 'anthropic', model: 'claude-x' }), true)
  expect(chosen).toMatchObject({ ok: true, value: { dropped: '' } })
})

test('who is strict is told that the limit is too high', () => {
  expect(asked(200_000).to(claude, true)).toEqual({
    ok: false,
    error: { type: 'unsupported-params', params: ['max_tokens'] },
  })
})
