import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nearest, nearestNames } from './nearest.ts'

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

/** The distance as its definition has it. */
function reference(a: string, b: string): number {
  const table = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => i + j))
  const at = (i: number, j: number) => table[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY
      const other = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      table[i]?.splice(j, 1, Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, other, swapped))
    }
  }
  return at(a.length, b.length)
}

test('the nearest names are those with the fewest mistakes, as long as few can be near', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-', 'D', 'é', '1'), minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(word, fc.uniqueArray(word, { maxLength: 60 }), (asked, known) => {
      const wanted = asked.toLowerCase()
      const near = known
        .map((candidate) => ({ candidate, mistakes: reference(wanted, candidate.toLowerCase()) }))
        .filter((one) => one.mistakes <= Math.max(2, Math.floor(wanted.length / 2)) || one.candidate.includes(wanted))
        .sort((a, b) => a.mistakes - b.mistakes || (a.candidate < b.candidate ? -1 : 1))
      expect(nearestNames(asked, known, 3)).toEqual(near.slice(0, 3).map(({ candidate }) => candidate))
    }),
    { numRuns: 300 },
  )
})

test('the nearest of many alike is still found, by its letters', () => {
  const known = Array.from({ length: 5_000 }, (_, n) => `team-product-model-${String(n).padStart(5, '0')}-large`)
  expect(nearestNames('team-product-model-04711-larg', known, 1)).toEqual(['team-product-model-04711-large'])
})

test('names that callers make long cost no more than those of a model', () => {
  expect(nearestNames('a'.repeat(1 << 20), ['a'.repeat(128), 'b'.repeat(1 << 20)], 1)).toEqual(['a'.repeat(128)])
})
