import { expect, test } from 'vitest'
import { SharedBudget } from './shared-budget.ts'

const MiB = 1 << 20
const owner = (keyId: string, team = 'a') => ({ keyId, team })
const large = 2 * MiB

/** How many large takings each owner in turn gets, until he gets no more. */
function takenBy(budget: SharedBudget, ...owners: readonly ReturnType<typeof owner>[]): number[] {
  return owners.map((one) => {
    let count = 0
    while (budget.takeLarge(large, one)) count++
    return count
  })
}

test('what is large has a quarter of the budget for one key, a half for one team, seven eighths for all', () => {
  const budget = new SharedBudget(32 * MiB)
  expect(takenBy(budget, owner('k1'), owner('k2'), owner('k3'))).toEqual([4, 4, 0])
  expect(takenBy(budget, owner('k4', 'b'), owner('k5', 'c'))).toEqual([4, 2])
  expect(takenBy(budget, owner('k6', 'd'))).toEqual([0])
  expect(Array.from({ length: 4 }, () => budget.take(MiB))).toEqual([true, true, true, true])
  expect(budget.take(1)).toBe(false)
  expect(budget.bytes).toBe(32 * MiB)
})

test('refusals are counted by the part that was spent', () => {
  const budget = new SharedBudget(32 * MiB)
  takenBy(budget, owner('k1'), owner('k2'), owner('k3'), owner('k4', 'b'), owner('k5', 'c'), owner('k6', 'd'))
  expect(budget.refusals).toEqual({ key: 3, team: 1, all: 2 })
})

test('what was given back makes room for another one of its owner', () => {
  const budget = new SharedBudget(32 * MiB)
  expect(budget.takeLarge(8 * MiB, owner('k1'))).toBe(true)
  expect(budget.takeLarge(large, owner('k1'))).toBe(false)
  budget.giveLarge(8 * MiB, owner('k1'))
  expect(budget.takeLarge(8 * MiB, owner('k1'))).toBe(true)
  expect(budget.bytes).toBe(8 * MiB)
})

test('what is given back and was never taken is a bug', () => {
  expect(() => new SharedBudget(MiB).give(1)).toThrow('given back')
})

test.each([
  [1024 * MiB, 256 * MiB],
  [37 * MiB, 9 * MiB],
  [16 << 10, MiB],
])('with %i bytes in all the largest thing of a key has %i', (bytesMax, largest) => {
  expect(new SharedBudget(bytesMax).largestBytes).toBe(largest)
})
