import { expect, test } from 'vitest'
import type { AskedFacts } from '../../dialects/dialect.ts'
import { receivedFacts, repeatedCharactersMax, sentFacts } from './sent-facts.ts'

function crossed(facts: AskedFacts): AskedFacts {
  const sent = sentFacts(facts)
  if (!sent.ok) throw new Error(sent.error.message)
  return receivedFacts(structuredClone(sent.value))
}

test('facts arrive as they were sent, numbers beyond a double as well', () => {
  const echo = { metadata: { a: 'b' }, top_logprobs: 3, seed: JSON.rawJSON('12345678901234567890') }
  const facts = { legacyFunctions: true, serviceTier: 'flex', prompt: 'p', reasoning: { effort: 'low' } } as const
  expect(crossed(facts)).toMatchObject(facts)
  const arrived = crossed({ ...facts, echo })
  expect(JSON.stringify(arrived.echo)).toBe(JSON.stringify({ top_logprobs: 3, metadata: { a: 'b' }, seed: echo.seed }))
})

test('nothing is sent of a request that repeats nothing', () => {
  expect(crossed({})).toEqual({})
})

test('an answer repeats no more than 256 KiB of its request: the longest members are left out', () => {
  const long = 'x'.repeat(repeatedCharactersMax / 2)
  const echo = { instructions: `${long}longer`, tools: [long], metadata: { a: 'b' } }
  expect(Object.keys(crossed({ echo }).echo ?? {})).toEqual(['metadata', 'tools'])
})

test('a prompt that is to stand before its answer is at most as long', () => {
  expect(sentFacts({ prompt: 'x'.repeat(repeatedCharactersMax) })).toMatchObject({ ok: true })
  expect(sentFacts({ prompt: 'x'.repeat(repeatedCharactersMax + 1) })).toMatchObject({
    ok: false,
    error: { path: 'echo', message: 'cannot repeat a prompt of more than 256 KiB' },
  })
})
