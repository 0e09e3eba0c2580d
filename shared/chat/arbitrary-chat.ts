// Arbitrary answers for the property tests of this folder and of the dialects.
import fc from 'fast-check'
import type { ChatAnswer, Choice, Finish, FinishReason } from './answer.ts'
import { settledReason } from './answer.ts'
import type { AssistantPart } from './parts.ts'
import type { Usage } from './usage.ts'

/** Texts with quotes, control characters, surrogate pairs and the line separators of JavaScript. */
export const arbitraryText = fc.oneof(
  fc.constantFrom('', 'Hello', 'naïve "café"\n', '東京 🗼', '\u2028\u0000\\', 'data: [DONE]\n\n'),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
)
export const arbitraryWord = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,20}$/)

const input = fc.oneof(
  fc.constant('{}'),
  fc.dictionary(arbitraryWord, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }).map((value) => JSON.stringify(value)),
)
const sealed = (family: 'anthropic' | 'openai' | 'google') =>
  fc.base64String({ minLength: 4, maxLength: 40 }).map((data) => ({ family, data }))
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })

export const arbitraryTextPart = arbitraryText.map((text): AssistantPart => ({ type: 'text', text }))
export const arbitraryToolCall: fc.Arbitrary<AssistantPart> = fc
  .record({ id: arbitraryWord, name: arbitraryWord, input })
  .map((call) => ({ type: 'tool-call', form: 'function', ...call }))
export const arbitraryReasoning: fc.Arbitrary<AssistantPart> = fc
  .record({ text: arbitraryText, signature: optional(sealed('anthropic')) })
  .map((part) => ({ type: 'reasoning', ...part }))
const refusal = arbitraryText.map((text): AssistantPart => ({ type: 'refusal', text }))

const count = fc.nat(10_000)
export const arbitraryUsage: fc.Arbitrary<Usage> = fc
  .record({ uncached: count, cached: count, cacheWrite5m: count, cacheWrite1h: count, said: count, reasoning: count })
  .map(({ uncached, said, cached, cacheWrite5m, cacheWrite1h, reasoning }) => ({
    cached,
    cacheWrite5m,
    cacheWrite1h,
    reasoning,
    input: uncached + cached + cacheWrite5m + cacheWrite1h,
    output: said + reasoning,
  }))

const reasons: FinishReason[] = ['stop', 'length', 'tool-calls', 'content-filter', 'refusal']
const finish: fc.Arbitrary<Finish> = fc.record({ reason: fc.constantFrom(...reasons) })

export function arbitraryChoice(part: fc.Arbitrary<AssistantPart>): fc.Arbitrary<Choice> {
  return fc.record({ parts: fc.array(part, { maxLength: 5 }), finish }).map(({ parts, finish }) => {
    const calledTools = parts.some(({ type }) => type === 'tool-call')
    return { parts, finish: { ...finish, reason: settledReason(finish.reason, calledTools) } }
  })
}

export function arbitraryAnswerOf(choice: fc.Arbitrary<Choice>, choicesMax = 1): fc.Arbitrary<ChatAnswer> {
  return fc.record({
    id: arbitraryWord,
    model: arbitraryWord,
    created: fc.nat(2_000_000_000),
    choices: fc.array(choice, { minLength: 1, maxLength: choicesMax }),
    usage: arbitraryUsage,
  })
}

export const arbitraryAnswer = arbitraryAnswerOf(
  arbitraryChoice(fc.oneof(arbitraryTextPart, arbitraryToolCall, arbitraryReasoning, refusal)),
  3,
)
