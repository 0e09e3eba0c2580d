import { expect, test } from 'vitest'
import { freeOfCharge, priceOf, priceOfRates } from '../../../shared/models/price.ts'
import { unitPriceOf } from '../../../shared/models/unit-price.ts'
import { testTarget } from '../providers/test-connect.ts'
import { type Charge, costOfAnswer, noTokens } from './attempt-cost.ts'

const price = priceOfRates({ input: 1, output: 2 }, { type: 'configured' })
const unitPrice = unitPriceOf({ perImage: 0.04 })
const tokens = { input: 10, output: 5, cached: 0 }
const images = { unit: 'images', amount: 2 } as const
const characters = { unit: 'characters', amount: 2 } as const

function cost(target: object, charge: Partial<Charge> = {}): number | undefined {
  const untold = { tokens: noTokens, units: undefined, countsUnits: false, askedTier: undefined, receivedAtMs: 0 }
  return costOfAnswer(testTarget({ kind: 'openai' }, target), { ...untold, ...charge })
}

test('an answer costs its tokens', () => {
  expect(cost({ price }, { tokens })).toBe(20_000)
})

test('the cost of one without a price is not known', () => {
  expect(cost({}, { tokens })).toBeUndefined()
  expect(cost({ price })).toBe(0)
})

test('tokens count before units where both are known and priced', () => {
  const countsUnits = true
  expect(cost({ price, unitPrice }, { tokens, units: images, countsUnits })).toBe(20_000)
  expect(cost({ price, unitPrice }, { units: images, countsUnits })).toBe(80_000_000)
  expect(cost({ unitPrice }, { tokens, units: images, countsUnits })).toBe(80_000_000)
})

test('the cost of a unit that nobody priced, or that nobody told, is not known', () => {
  expect(cost({ unitPrice }, { units: characters, countsUnits: true })).toBeUndefined()
  expect(cost({ unitPrice }, { countsUnits: true })).toBeUndefined()
  expect(cost({ price }, { tokens, countsUnits: true })).toBe(20_000)
})

test('what is free of charge costs nothing, and that is known', () => {
  expect(cost({ price: freeOfCharge }, { tokens })).toBe(0)
  expect(cost({ price: freeOfCharge }, { countsUnits: true })).toBe(0)
})

test.each([
  ['of a host that is believed', { statesCost: true }, undefined, 7],
  ['before a list price', { statesCost: true }, 'catalogue', 7],
  ['not before an operator’s own price', { statesCost: true }, 'configured', 20_000],
  ['not of any other host', {}, 'catalogue', 20_000],
  ['not of any other host, whose price then is not known', {}, undefined, undefined],
] as const)('a stated cost counts: %s', (_, quirks, from, expected) => {
  const source =
    from === 'catalogue' ? ({ type: from, source: '', date: '' } as const) : ({ type: 'configured' } as const)
  const known = from === undefined ? undefined : priceOfRates({ input: 1, output: 2 }, source)
  expect(cost({ price: known, quirks }, { tokens: { ...tokens, statedNanoUsd: 7 } })).toBe(expected)
})

test.each([
  ['what the answer says', 'flex', 'priority', 10_000],
  ['what was asked for, where the answer says nothing', undefined, 'flex', 10_000],
  ['the standard one, where the answer says that it is', 'standard', 'flex', 20_000],
  ['the standard one for a tier that costs the same', 'performance', undefined, 20_000],
  ['none where the price of the tier is not known', 'priority', undefined, undefined],
] as const)('the service tier is %s', (_, tier, askedTier, expected) => {
  const rates = { input: 1, output: 2 }
  const tiers = new Map([
    ['flex', { input: 0.5, output: 1 }],
    ['priority', undefined],
  ])
  const tiered = priceOf({ rates, tiers }, { type: 'configured' })
  expect(cost({ price: tiered }, { tokens: { ...tokens, tier }, askedTier })).toBe(expected)
})

test('a request is charged by the price of its arrival', () => {
  const dearer = priceOfRates({ input: 2, output: 4 }, { type: 'configured' })
  const target = { price, laterPrices: [{ fromMs: 1_000, price: dearer }] }
  expect(cost(target, { tokens, receivedAtMs: 999 })).toBe(20_000)
  expect(cost(target, { tokens, receivedAtMs: 1_000 })).toBe(40_000)
})
