import { expect, test } from 'vitest'
import { costOfUnits, unitPriceOf } from './unit-price.ts'

const price = unitPriceOf({ perImage: 0.04, perSecond: 0.0001, perMCharacters: 15 })

test.each([
  [{ unit: 'images', amount: 2 }, 80_000_000],
  [{ unit: 'seconds', amount: 61.5 }, 6_150_000],
  [{ unit: 'characters', amount: 7 }, 105_000],
  [{ unit: 'search-units', amount: 1 }, undefined],
  [{ unit: 'bytes', amount: 1 }, undefined],
  [undefined, undefined],
] as const)('%j costs %s nano-dollars', (measure, cost) => {
  expect(costOfUnits(price, measure)).toBe(cost)
  expect(costOfUnits(undefined, measure)).toBeUndefined()
})

test('a price of nothing is a price', () => {
  expect(costOfUnits(unitPriceOf({ perImage: 0 }), { unit: 'images', amount: 3 })).toBe(0)
})
