import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

const known = ['routing', 'retries', 'targets', 'fallbacks', 'a', 'id']

test.each([
  ['rooting', 'routing'],
  ['rotuing', 'routing'],
  ['Routing', 'routing'],
  ['target', 'targets'],
  ['fallbaks', 'fallbacks'],
  ['A', 'a'],
  ['b', undefined],
  ['di', undefined],
  ['xyz', undefined],
  ['routes-of-something', undefined],
  ['', undefined],
])('%j is nearest to %j', (word, expected) => {
  expect(nearest(word, known)).toBe(expected)
})
