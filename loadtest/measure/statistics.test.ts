import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededChance } from './chance.ts'
import { median, medianInterval, slope } from './statistics.ts'

const figures = fc.array(fc.double({ min: 0.1, max: 100, noNaN: true }), { minLength: 1, maxLength: 15 })

test('half of the values lie on each side of the median', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([])).toBeNaN()
  fc.assert(
    fc.property(figures, (values) => {
      const middle = median(values)
      expect(values.filter((value) => value <= middle).length).toBeGreaterThanOrEqual(values.length / 2)
      expect(values.filter((value) => value >= middle).length).toBeGreaterThanOrEqual(values.length / 2)
    }),
  )
})

test('the interval lies within the values, and the same seed gives the same one', () => {
  fc.assert(
    fc.property(figures, (values) => {
      const interval = medianInterval(values, seededChance(1))
      expect(interval).toEqual(medianInterval(values, seededChance(1)))
      expect(interval.low).toBeGreaterThanOrEqual(Math.min(...values))
      expect(interval.high).toBeLessThanOrEqual(Math.max(...values))
      expect(interval.low).toBeLessThanOrEqual(interval.high)
    }),
    { numRuns: 20 },
  )
})

test('the interval covers the true median about as often as it says', () => {
  const chance = seededChance(42)
  const covered = Array.from({ length: 200 }, () => {
    const { low, high } = medianInterval(Array.from({ length: 11 }, chance), chance)
    return low <= 0.5 && 0.5 <= high
  }).filter(Boolean).length
  expect(covered).toBeGreaterThan(170)
})

test('the slope of a line is found through noise that cancels out', () => {
  expect(
    slope([
      [0, 1],
      [1, 3],
      [2, 5],
    ]),
  ).toBe(2)
  expect(
    slope([
      [0, 1],
      [0, 3],
    ]),
  ).toBe(0)
})
