import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJsonText } from './json-text.ts'

test('everything that JSON.stringify writes is read back', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent)
      expect(parseJsonText(text)).toEqual({ ok: true, value: JSON.parse(text) })
    }),
  )
})

test('what JSON.parse refuses is refused, and the other way round save for duplicate names', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[[\]{},:"\\a1\-.eE+ tn]{0,12}$/), (text) => {
      let parses = true
      try {
        JSON.parse(text)
      } catch {
        parses = false
      }
      const result = parseJsonText(text)
      const duplicate = !result.ok && result.error.message.includes('second time')
      expect(result.ok || duplicate).toBe(parses || duplicate)
    }),
    { numRuns: 2_000 },
  )
})

test.each([
  ['', 'the text ends too early', 1, 1],
  ['{"a":1,}', 'expected a name in double quotes', 1, 8],
  ['{\n "a": 1\n "b": 2}', "expected ',' or '}'", 3, 2],
  ['[NaN]', 'expected a value', 1, 2],
  ["{'a':1}", 'expected a name in double quotes', 1, 2],
  ['{"a":1}x', 'expected the end of the text', 1, 8],
  ['{"a":{"b":1,\n"b":2}}', 'the name "b" stands here for the second time', 2, 1],
  ['{"a":1,"\\u0061":2}', 'the name "a" stands here for the second time', 1, 8],
  ['['.repeat(65), 'nested deeper than 64', 1, 66],
])('%j is refused where it goes wrong', (text, message, line, column) => {
  expect(parseJsonText(text)).toEqual({ ok: false, error: { message, line, column } })
})

test('the name __proto__ is ordinary data', () => {
  const result = parseJsonText('{"__proto__":{"polluted":true}}')
  expect(result.ok && Object.keys(result.value as object)).toEqual(['__proto__'])
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})
