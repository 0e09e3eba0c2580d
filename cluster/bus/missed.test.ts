import { expect, test } from 'vitest'
import { Missed } from './missed.ts'

test('a gap of one publisher on one subject is what was missed', () => {
  const missed = new Missed()
  expect(missed.hear('a', 's', 7)).toBe(0)
  expect(missed.hear('a', 's', 8)).toBe(0)
  expect(missed.hear('a', 's', 12)).toBe(3)
  expect(missed.hear('a', 'other', 40)).toBe(0)
  expect(missed.hear('b', 's', 1)).toBe(0)
  expect(missed.count).toBe(3)
})

test('what comes twice or late changes nothing', () => {
  const missed = new Missed()
  for (const sequence of [1, 2, 2, 1, 3]) missed.hear('a', 's', sequence)
  expect(missed.count).toBe(0)
})

test('the number of publishers that are remembered is bounded', () => {
  const missed = new Missed()
  for (let i = 0; i < 10_000; i++) missed.hear(`origin ${i}`, 's', 1)
  expect(missed.hear('origin 0', 's', 100)).toBe(0)
  expect(missed.hear('origin 9999', 's', 3)).toBe(1)
})
