import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ChargedCalls } from '../usage/charged-calls.ts'
import { callPricesOf } from './call-price.ts'
import { costOf, priceOf, priceOfRates, scaledRates } from './price.ts'

const from = { type: 'configured' } as const
const plain = priceOfRates({ input: 3, output: 15, cached: 0.3, write: 3.75, write1h: 6 }, from)

test('each kind of token has its price, and each token one of them (wire 99, 100)', () => {
  const tokens = { input: 1_000, cached: 200, cacheWrite5m: 100, cacheWrite1h: 50, output: 400, reasoning: 100 }
  const expected = 650 * 3_000 + 200 * 300 + 100 * 3_750 + 50 * 6_000 + 400 * 15_000
  expect(costOf(plain, tokens)).toBe(expected)
})

test('what has no price of its own costs what its kind of token costs', () => {
  const price = priceOfRates({ input: 2, output: 8 }, from)
  expect(costOf(price, { input: 10, cached: 4, cacheWrite5m: 3, cacheWrite1h: 3, output: 5, reasoning: 5 })).toBe(
    60_000,
  )
})

test('a long input is priced as a whole at the rates of its step (wire 100)', () => {
  const price = priceOfRates(
    {
      input: 1,
      output: 1,
      above: [
        { tokens: 200, input: 2, output: 3 },
        { tokens: 1_000, input: 9, output: 9 },
      ],
    },
    from,
  )
  const cost = (input: number) => costOf(price, { input, cached: 0, output: 1 })
  expect(cost(200)).toBe(200_000 + 1_000)
  expect(cost(201)).toBe(201 * 2_000 + 3_000)
  expect(cost(1_001)).toBe(1_001 * 9_000 + 9_000)
})

test('without a price the cost is not known', () => {
  expect(costOf(undefined, { input: 10, cached: 0, output: 10 })).toBeUndefined()
})

test('a cost is whole, never negative, and never above all tokens at the highest rate', () => {
  const count = fc.nat(1e6)
  const tokens = fc.record({ input: count, cached: count, cacheWrite5m: count, output: count, reasoning: count })
  fc.assert(
    fc.property(tokens, (counts) => {
      const cost = costOf(plain, counts) ?? -1
      expect(Number.isSafeInteger(cost) && cost >= 0).toBe(true)
      // Contradictory counts (more cached than input tokens) must not make the answer cheaper than its parts.
      expect(cost).toBeGreaterThanOrEqual(Math.round(counts.cached * 300 + counts.cacheWrite5m * 3_750))
    }),
  )
})

test('each token is counted once, whatever its kind: at one rate for all, the kinds make no difference', () => {
  const one = priceOfRates({ input: 2, output: 2 }, from)
  const count = fc.nat(1e5)
  const kinds = fc.record({
    text: count,
    audioInput: count,
    imageInput: count,
    said: count,
    reasoning: count,
    audioOutput: count,
    imageOutput: count,
    cachedShare: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  fc.assert(
    fc.property(kinds, ({ text, said, reasoning, cachedShare, ...media }) => {
      const input = text + media.audioInput + media.imageInput
      const output = said + reasoning + media.audioOutput + media.imageOutput
      const cached = Math.floor(input * cachedShare)
      expect(costOf(one, { input, output, cached, reasoning, media })).toBe((input + output) * 2_000)
    }),
  )
})

test('what is charged by the call comes on top, and a request of no told size is the smallest', () => {
  const calls = callPricesOf({ perRequest: { low: 0.005, medium: 0.008, high: 0.012 }, perWebSearch: 0.01 })
  const price = priceOf({ rates: { input: 1, output: 1 }, calls }, from)
  const cost = (told: ChargedCalls | undefined) => costOf(price, { input: 0, output: 0, cached: 0, calls: told })
  expect(cost(undefined)).toBe(5_000_000)
  expect(cost({ webSearches: 2 })).toBe(25_000_000)
  expect(cost({ requestsHigh: 1, webSearches: 1 })).toBe(22_000_000)
  expect(cost({ requestsLow: 1, fileSearches: 9 })).toBe(5_000_000)
})

test('a factor of a price is one of all its rates, longer requests included', () => {
  const rates = { input: 2, output: 8, cached: 0.5, audioInput: 4, above: [{ tokens: 10, input: 4, output: 12 }] }
  expect(scaledRates(rates, 0.5)).toEqual({
    input: 1,
    output: 4,
    cached: 0.25,
    audioInput: 2,
    above: [{ tokens: 10, input: 2, output: 6 }],
  })
})
