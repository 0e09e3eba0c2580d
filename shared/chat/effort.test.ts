import { expect, test } from 'vitest'
import { budgetOf, effortOf, efforts, fittingEffort, isEffort, nearestEffort } from './effort.ts'

test('an effort has a budget that leads back to it (wire 84)', () => {
  for (const effort of efforts) expect(effortOf({ budgetTokens: budgetOf({ effort })! })).toBe(effort)
})

test.each([
  [1, 'minimal'],
  [1_025, 'low'],
  [10_000, 'high'],
  [1_000_000, 'max'],
])('a budget of %i is the effort %s', (budgetTokens, effort) => {
  expect(effortOf({ budgetTokens })).toBe(effort)
})

test('where the model decides there is neither', () => {
  expect([budgetOf({ adaptive: true }), effortOf({ adaptive: true })]).toEqual([undefined, undefined])
})

test('the nearest known effort is the next higher one, or the highest', () => {
  expect(nearestEffort('minimal', ['low', 'medium', 'high'])).toBe('low')
  expect(nearestEffort('max', ['low', 'medium', 'high'])).toBe('high')
  expect(isEffort('enormous')).toBe(false)
})

test.each([
  ['xhigh', 'low medium high max', 'high'],
  ['max', 'none low medium high xhigh', 'xhigh'],
  ['minimal', 'none low medium high', 'low'],
  ['none', 'minimal low high', 'minimal'],
  ['none', 'none low', 'none'],
  ['medium', 'low high', 'low'],
  ['low', 'high', 'high'],
  ['low', 'none', undefined],
] as const)('who asks %s of a model that knows %s is given %s', (asked, known, given) => {
  expect(fittingEffort(asked, known.split(' ').filter(isEffort))).toBe(given)
})
