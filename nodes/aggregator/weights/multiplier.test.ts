import fc from 'fast-check'
import { expect, test } from 'vitest'
import { multiplierMax, multiplierMin, stepTowards, wantedByBurn } from './multiplier.ts'

test('a multiplier follows what is wanted, by no more than a quarter at a time, and stays within its bounds', () => {
  const wanted = fc.double({ min: 1e-6, max: 1e6, noNaN: true })
  fc.assert(
    fc.property(fc.array(wanted, { maxLength: 40 }), (steps) => {
      let now = 1
      for (const one of steps) {
        const next = stepTowards(now, one)
        expect(next / now).toBeGreaterThanOrEqual(0.75 - 1e-12)
        expect(next / now).toBeLessThanOrEqual(1.25 + 1e-12)
        expect(next).toBeGreaterThanOrEqual(multiplierMin)
        expect(next).toBeLessThanOrEqual(multiplierMax)
        now = next
      }
    }),
  )
})

test.each([0.25, 0.5, 1, 3])('it comes to rest near %f, and does not swing there', (wanted) => {
  let now = 1
  const steps = Array.from({ length: 60 }, () => {
    now = stepTowards(now, wanted)
    return now
  })
  expect(Math.abs(Math.log(now / wanted))).toBeLessThan(0.1)
  expect(new Set(steps.slice(30)).size).toBe(1)
})

test('within some seconds a target that fails gets little more than a quarter, and all of it back when it is well again', () => {
  let now = 1
  for (let second = 0; second < 6; second++) now = stepTowards(now, 0.001)
  expect(now).toBeLessThan(0.31)
  for (let second = 0; second < 15; second++) now = stepTowards(now, 1)
  expect(now).toBeGreaterThan(0.9)
})

test('a burn asks for as much less as it is too fast, once there is enough to say so', () => {
  expect(wantedByBurn({ good: 1_000, total: 1_000 }, 0.999)).toBe(1)
  expect(wantedByBurn({ good: 8, total: 10 }, 0.999)).toBe(1)
  expect(wantedByBurn({ good: 9_990, total: 10_000 }, 0.999)).toBe(1)
  expect(wantedByBurn({ good: 50, total: 100 }, 0.99)).toBeLessThan(0.03)
})
