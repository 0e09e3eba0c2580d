import { expect, test } from 'vitest'
import { checkedLines, headersIn, noLines } from './checked-lines.ts'

test('lines have the headers that they were made of', () => {
  const headers = ['x-a', '1', 'x-b', 'text/plain; charset=utf-8', 'x-c', ': x: y']
  expect(headersIn(checkedLines(headers))).toEqual(headers)
  expect(checkedLines([])).toBe(noLines)
  expect(headersIn(noLines)).toEqual([])
})

test.each([1, 39, 40, 41, 4_000])('a value of %i characters and a line break is left out', (length) => {
  const value = 'x'.repeat(length)
  expect(checkedLines(['x-a', `${value}\r\nx-b: 1`, 'x-c', `${value}\n`, 'x-d', value])).toBe(`\r\nx-d: ${value}`)
})

test('names that come often are checked as those that come once', () => {
  for (let again = 0; again < 3; again++)
    expect(checkedLines(['connection', 'close', 'x y', '1', 'x-y', '2'])).toBe('\r\nx-y: 2')
})
