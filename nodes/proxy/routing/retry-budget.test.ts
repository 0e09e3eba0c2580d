import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RetryBudget } from './retry-budget.ts'

/** How many of `tries` are taken; each by a key of its own, unless one is named. */
const taken = (budget: RetryBudget, tries: number, nowMs: number, key?: string) =>
  Array.from({ length: tries }, (_, i) => budget.take(key ?? `key ${i}`, nowMs)).filter(Boolean).length
const requests = (budget: RetryBudget, count: number, key = 'key') => {
  for (let i = 0; i < count; i++) budget.request(key)
}

describe('without requests', () => {
  test('a budget begins with the retries of a second, and gains them each second, but saves no more', () => {
    const budget = new RetryBudget({ percent: 0, perSecond: 5 })
    expect(taken(budget, 20, 1_000)).toBe(5)
    expect(taken(budget, 20, 1_400)).toBe(2)
    expect(taken(budget, 20, 2_000)).toBe(3)
    expect(taken(budget, 20, 60_000)).toBe(5)
  })

  test('half a retry a second is one every two seconds', () => {
    const budget = new RetryBudget({ perSecond: 0.5 })
    expect([0, 1_000, 2_000, 3_000].map((nowMs, i) => budget.take(`${i}`, nowMs))).toEqual([true, false, true, false])
  })

  test('a clock that steps back takes nothing away', () => {
    const budget = new RetryBudget({ percent: 0, perSecond: 2 })
    expect([taken(budget, 9, 5_000), taken(budget, 9, 1_000), taken(budget, 9, 1_500)]).toEqual([2, 0, 1])
  })
})

test('requests gain their share, up to a hundred retries', () => {
  const budget = new RetryBudget({ percent: 20, perSecond: 0 })
  requests(budget, 50)
  expect(budget.take('a', 0)).toBe(false)
  requests(budget, 20, 'a')
  expect(taken(budget, 50, 0, 'a')).toBe(4)
  requests(budget, 10_000, 'a')
  expect(taken(budget, 1_000, 0, 'a')).toBe(100)
})

test('nothing at all is a budget too', () => {
  const budget = new RetryBudget({ percent: 0, perSecond: 0 })
  requests(budget, 1_000)
  expect(taken(budget, 10, 1e9)).toBe(0)
})

test('a key whose requests always fail leaves the others half of the retries of a second', () => {
  const budget = new RetryBudget()
  for (let second = 0; second < 10; second++) {
    expect(taken(budget, 100, second * 1_000, 'greedy')).toBe(10)
    expect(taken(budget, 30, second * 1_000)).toBe(10)
  }
})

test('retries are never more than the share, the seconds and what the budget began with', () => {
  const step = fc.record({
    made: fc.nat(50),
    retries: fc.nat(50),
    afterMs: fc.nat(500),
    key: fc.constantFrom('a', 'b', 'c'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), fc.nat(100), fc.nat(50), (steps, percent, perSecond) => {
      const budget = new RetryBudget({ percent, perSecond })
      let [made, retries, nowMs] = [0, 0, 0]
      for (const one of steps) {
        nowMs += one.afterMs
        requests(budget, one.made, one.key)
        made += one.made
        retries += taken(budget, one.retries, nowMs, one.key)
        const burst = perSecond === 0 ? 0 : Math.max(1, perSecond)
        expect(retries).toBeLessThanOrEqual((made * percent) / 100 + (nowMs * perSecond) / 1_000 + burst + 1e-6)
      }
    }),
  )
})
