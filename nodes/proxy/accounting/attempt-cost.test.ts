import { expect, test } from 'vitest'
import { freeOfCharge, priceOfRates } from '../../../shared/models/price.ts'
import { unitPriceOf } from '../../../shared/models/unit-price.ts'
import { testTarget } from '../providers/test-connect.ts'
import { costOfAnswer, isUnpriced, noTokens } from './attempt-cost.ts'

const price = priceOfRates({ input: 1, output: 2 }, { type: 'configured' })
const unitPrice = unitPriceOf({ perImage: 0.04 })
const target = (more: object) => testTarget({ kind: 'openai' }, more)
const tokens = { input: 10, output: 5, cached: 0 }
const images = { unit: 'images', amount: 2 } as const
const characters = { unit: 'characters', amount: 2 } as const

test('an answer costs its tokens', () => {
  expect(costOfAnswer(target({ price }), tokens, undefined)).toBe(20_000)
})

test('one without a price costs nothing, and is told to be of unknown cost', () => {
  expect(costOfAnswer(target({}), tokens, undefined)).toBe(0)
  expect(isUnpriced(target({}), { tokens, units: undefined, countsUnits: false })).toBe(true)
  expect(isUnpriced(target({ price }), { tokens: noTokens, units: undefined, countsUnits: false })).toBe(false)
})

test('tokens count before units where both are known and priced', () => {
  expect(costOfAnswer(target({ price, unitPrice }), tokens, images)).toBe(20_000)
  expect(costOfAnswer(target({ price, unitPrice }), noTokens, images)).toBe(80_000_000)
  expect(costOfAnswer(target({ unitPrice }), tokens, images)).toBe(80_000_000)
})

test('a unit that nobody priced costs nothing, and is told to be of unknown cost', () => {
  expect(costOfAnswer(target({ unitPrice }), noTokens, characters)).toBe(0)
  const cost = (given: object, units: typeof images | typeof characters | undefined, used = noTokens) =>
    isUnpriced(target(given), { tokens: used, units, countsUnits: true })
  expect([cost({ unitPrice }, characters), cost({ unitPrice }, images), cost({ unitPrice }, undefined)]).toEqual([
    true,
    false,
    true,
  ])
  expect(cost({ price }, undefined, tokens)).toBe(false)
})

test('what is free of charge costs nothing, and that is known', () => {
  expect(costOfAnswer(target({ price: freeOfCharge }), tokens, undefined)).toBe(0)
  expect(isUnpriced(target({ price: freeOfCharge }), { tokens, units: undefined, countsUnits: false })).toBe(false)
})
