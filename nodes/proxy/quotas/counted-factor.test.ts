import { expect, test } from 'vitest'
import { CountedFactor } from './counted-factor.ts'

const limit = 60_000
/** A provider that counts `factor` times as much as is used, at nine tenths of its limit. */
function learned(factor: number, { isFixed = false, noise = 0 } = {}): number {
  const counted = new CountedFactor()
  let [remaining, used] = [limit / 2, 0]
  for (let second = 1; second < 400; second++) {
    used += 900 / factor
    remaining -= 900
    if (!isFixed) remaining += 900
    else if (second % 60 === 0) remaining = limit
    const said = remaining + noise * (second % 2 === 0 ? 1 : -1)
    counted.learn({ remaining: said, used, nowMs: second * 1_000 }, { limit, perMs: isFixed ? 0 : 0.9 })
  }
  return counted.factor
}

test.each([0.8, 1, 1.2, 2, 4])('a provider that counts %s times as much', (factor) => {
  expect(Math.abs(learned(factor) / factor - 1)).toBeLessThan(0.05)
  expect(Math.abs(learned(factor, { isFixed: true }) / factor - 1)).toBeLessThan(0.05)
})

test('words that come late are wrong in turn, and right on the whole', () => {
  expect(learned(1.5, { noise: 1_500 })).toBeGreaterThan(1.4)
  expect(learned(1.5, { noise: 1_500 })).toBeLessThan(1.6)
})

test('nothing is learned from a limit that is full, or after a long time', () => {
  const counted = new CountedFactor()
  const refill = { limit, perMs: 1 }
  counted.learn({ remaining: 30_000, used: 0, nowMs: 0 }, refill)
  counted.learn({ remaining: 20_000, used: 10_000, nowMs: 600_000 }, refill)
  counted.learn({ remaining: limit, used: 30_000, nowMs: 601_000 }, refill)
  counted.learn({ remaining: 10_000, used: 50_000, nowMs: 602_000 }, refill)
  expect(counted.factor).toBe(1)
})
