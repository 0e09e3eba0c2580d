import fc from 'fast-check'
import { expect, test } from 'vitest'
import { numberIn, parseExact, tryParseExact } from './exact.ts'

test.each([
  '{"a":12345678901234567890}',
  '[1e400,-1e999]',
  '{"x":{"y":[0,-98765432109876543210]}}',
  '12345678901234567890',
])('numbers that a double cannot hold are printed as they were written: %s (wire 15, 90)', (text) => {
  expect(JSON.stringify(parseExact(text))).toBe(text)
})

test('what a double can hold is a number, even beside one that is not', () => {
  expect(parseExact('{"t":0.50,"e":1e3,"seed":12345678901234567890}')).toMatchObject({ t: 0.5, e: 1000 })
})

test('a number is read however it was kept', () => {
  const { a, b, c } = parseExact('{"a":12345678901234567890,"b":7,"c":"7"}') as Record<string, unknown>
  expect([numberIn(a), numberIn(b), numberIn(c)]).toEqual([12345678901234567000, 7, undefined])
})

test('a member __proto__ is a member like any other (wire 90)', () => {
  const value = parseExact('{"__proto__":{"x":12345678901234567890}}') as object
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  expect(JSON.stringify({ ...value })).toBe('{"__proto__":{"x":12345678901234567890}}')
})

test('it reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(JSON.parse(JSON.stringify(parseExact(text)))).toEqual(JSON.parse(JSON.stringify(JSON.parse(text))))
    }),
  )
})

test('what is no JSON is undefined', () => {
  expect([tryParseExact('{'), tryParseExact('')]).toEqual([undefined, undefined])
})

test('a byte order mark is skipped, and only one', () => {
  expect(tryParseExact('\ufeff{"a":1}')).toEqual({ a: 1 })
  expect(tryParseExact('\ufeff\ufeff{}')).toBeUndefined()
})
