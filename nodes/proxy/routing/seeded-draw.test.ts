import { expect, test } from 'vitest'
import { drawOf } from './seeded-draw.ts'

const ids = Array.from({ length: 10_000 }, (_, n) => `request-${n}`)

test('the same request draws the same number', () => {
  expect(drawOf('request-1', 0, 7)).toBe(drawOf('request-1', 0, 7))
})

test('another attempt and another revision draw other numbers', () => {
  const draws = [drawOf('request-1', 0, 7), drawOf('request-1', 1, 7), drawOf('request-1', 0, 8)]
  expect(new Set(draws).size).toBe(3)
})

test('ids that differ only in their last digits are spread evenly over [0, 1)', () => {
  const tenths = new Array<number>(10).fill(0)
  for (const id of ids) {
    const tenth = Math.floor(drawOf(id, 0, 1) * 10)
    tenths[tenth] = (tenths[tenth] ?? 0) + 1
  }
  expect(tenths).toHaveLength(10)
  expect(Math.min(...tenths)).toBeGreaterThan(900)
  expect(Math.max(...tenths)).toBeLessThan(1_100)
})
