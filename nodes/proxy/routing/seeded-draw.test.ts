import { expect, test } from 'vitest'
import { drawOf, drawSeed } from './seeded-draw.ts'

const seeds = Array.from({ length: 10_000 }, (_, n) => n)

test('the same seed draws the same number', () => {
  expect(drawOf(1, 0, 7)).toBe(drawOf(1, 0, 7))
})

test('another attempt and another revision draw other numbers', () => {
  const draws = [drawOf(1, 0, 7), drawOf(1, 1, 7), drawOf(1, 0, 8)]
  expect(new Set(draws).size).toBe(3)
})

test('seeds that differ only in their last bits are spread evenly over [0, 1)', () => {
  const tenths = new Array<number>(10).fill(0)
  for (const seed of seeds) {
    const tenth = Math.floor(drawOf(seed, 0, 1) * 10)
    tenths[tenth] = (tenths[tenth] ?? 0) + 1
  }
  expect(tenths).toHaveLength(10)
  expect(Math.min(...tenths)).toBeGreaterThan(900)
  expect(Math.max(...tenths)).toBeLessThan(1_100)
})

test('a seed has 32 bits of the chance', () => {
  expect([drawSeed(() => 0), drawSeed(() => 1 - 2 ** -32)]).toEqual([0, 2 ** 32 - 1])
})
