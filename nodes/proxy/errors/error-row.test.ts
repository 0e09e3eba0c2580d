import { expect, test } from 'vitest'
import { brief, passing, row, shown, shownList, withParam } from './error-row.ts'

const found = row(400, 'invalid_request_error', 'invalid_value', 'It is wrong.')

test('a row is not worth another try unless it passes by itself', () => {
  expect(found).toEqual({
    status: 400,
    type: 'invalid_request_error',
    code: 'invalid_value',
    retry: false,
    message: 'It is wrong.',
  })
  expect(passing(found, 1_500)).toEqual({ ...found, retry: true, retryAfterMs: 1_500 })
})

test.each([
  ['a short text', 'gpt-4.1', 'gpt-4.1'],
  ['64 characters', 'x'.repeat(64), 'x'.repeat(64)],
  ['65 characters', 'x'.repeat(65), `${'x'.repeat(64)}…`],
  ['a line break', 'a\r\nb', 'a??b'],
  ['NUL and DEL', '\u0000\u007f', '??'],
  ['a letter outside of ASCII', 'caf\u00e9', 'caf?'],
])('%s is repeated without what could do harm', (_, text, wanted) => {
  expect([brief(text), shown(text), withParam(found, text).param]).toEqual([wanted, `\`${wanted}\``, wanted])
})

test('a row without a parameter stays one', () => {
  expect(withParam(found, undefined).param).toBeUndefined()
})

test('of many names ten are listed, and the others are counted', () => {
  const names = Array.from({ length: 13 }, (_, n) => `p${n}`)
  expect(shownList(names.slice(0, 2))).toBe('`p0`, `p1`')
  expect(shownList(names.slice(0, 10))).toMatch(/`p9`$/)
  expect(shownList(names)).toMatch(/`p9` and 3 more$/)
})
