import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SharedBudget } from './shared-budget.ts'

const KiB = 1 << 10
const MiB = 1 << 20
const owner = (keyId: string, team = 'a') => ({ keyId, team })
const large = 2 * MiB

/** How many takings each owner in turn gets, until he gets no more. */
function takenBy(budget: SharedBudget, bytes: number, ...owners: readonly ReturnType<typeof owner>[]): number[] {
  return owners.map((one) => {
    let count = 0
    while (budget.take(bytes, one)) count++
    return count
  })
}

test('one key has a quarter of the budget, one team a half, and what is large seven eighths', () => {
  const budget = new SharedBudget(32 * MiB)
  expect(takenBy(budget, large, owner('k1'), owner('k2'), owner('k3'))).toEqual([4, 4, 0])
  expect(takenBy(budget, large, owner('k4', 'b'), owner('k5', 'c'), owner('k6', 'd'))).toEqual([4, 2, 0])
  expect(takenBy(budget, MiB, owner('k6', 'd'))).toEqual([4])
  expect(budget.bytes).toBe(32 * MiB)
})

test('many bodies of a MiB and less of one key take no more than its part either', () => {
  const budget = new SharedBudget(32 * MiB)
  expect(takenBy(budget, MiB, owner('k1'))).toEqual([8])
  expect(takenBy(budget, 64 * KiB, owner('k1'), owner('k2', 'b'))).toEqual([0, 128])
})

test('small takings have the budget as a whole', () => {
  const budget = new SharedBudget(MiB)
  expect(takenBy(budget, 16 * KiB, owner('k1'))).toEqual([64])
  expect(budget.refusals).toEqual({ all: 1, team: 0, key: 0 })
})

test('refusals are counted by the part that was spent', () => {
  const budget = new SharedBudget(32 * MiB)
  const owners = [owner('k1'), owner('k2'), owner('k3'), owner('k4', 'b'), owner('k5', 'c'), owner('k6', 'd')]
  takenBy(budget, large, ...owners)
  expect(budget.refusals).toEqual({ key: 3, team: 1, all: 2 })
  expect(budget.largeTakings).toBe(14)
})

test('what was given back makes room for another one of its owner', () => {
  const budget = new SharedBudget(32 * MiB)
  expect(budget.take(8 * MiB, owner('k1'))).toBe(true)
  expect(budget.take(large, owner('k1'))).toBe(false)
  budget.give(8 * MiB, owner('k1'))
  expect(budget.take(8 * MiB, owner('k1'))).toBe(true)
})

test('what is given back and was never taken is a bug', () => {
  expect(() => new SharedBudget(MiB).give(1, undefined)).toThrow('given back')
})

test('whatever is taken, no part is ever exceeded, and nothing is left once all is given back', () => {
  const taking = fc.record({ key: fc.integer({ min: 1, max: 3 }), bytes: fc.integer({ min: 1, max: 3 * MiB }) })
  fc.assert(
    fc.property(fc.array(taking, { maxLength: 100 }), (takings) => {
      const budget = new SharedBudget(16 * MiB)
      const taken = takings.filter(({ key, bytes }) => budget.take(bytes, owner(`k${key}`)))
      const bytesOf = (key: number) => taken.filter((one) => one.key === key && one.bytes > 16 * KiB)
      for (const key of [1, 2, 3])
        expect(bytesOf(key).reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(4 * MiB)
      for (const { key, bytes } of taken) budget.give(bytes, owner(`k${key}`))
      expect(budget.bytes).toBe(0)
      expect(budget.take(4 * MiB, owner('k1'))).toBe(true)
    }),
  )
})

test.each([
  [1024 * MiB, 256 * MiB],
  [37 * MiB, 9 * MiB],
  [16 * KiB, MiB],
])('with %i bytes in all the largest thing of a key has %i', (bytesMax, largest) => {
  expect(new SharedBudget(bytesMax).largestBytes).toBe(largest)
})
