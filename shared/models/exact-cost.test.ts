import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ExactCost, picoOf, picoPerToken } from './exact-cost.ts'
import { costOf, priceOfRates } from './price.ts'

test.each([
  [0, 0],
  [3, 3_000_000],
  [1.005, 1_005_000],
  [0.0375, 37_500],
  [1e-6, 1],
  [4e-7, 0],
  [5e-7, 1],
  [1e6, 1e12],
])('%s USD for a million tokens are %s pico-dollars for one', (usd, pico) => {
  expect(picoPerToken(usd)).toBe(pico)
})

test('every price of up to six decimals is read to the digit', () => {
  fc.assert(
    fc.property(fc.nat(1e9), (millionths) => {
      expect(picoPerToken(millionths / 1e6)).toBe(millionths)
    }),
  )
  expect(picoOf(0.04)).toBe(4e10)
})

const rate = fc.nat(1e9)
const count = fc.oneof(fc.nat(1e6), fc.nat(2 ** 31 - 1), fc.maxSafeNat())

test('sums and products are exact, also beyond 2^53: the cost is the sum of whole numbers, rounded once', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(count, rate), { maxLength: 8 }), (terms) => {
      const sum = new ExactCost()
      let pico = 0n
      for (const [n, each] of terms) {
        sum.add(n, each)
        pico += BigInt(n) * BigInt(each)
      }
      const capped = (nano: bigint) => Number(nano > 2n ** 53n - 1n ? 2n ** 53n - 1n : nano)
      expect(sum.nanoUsd).toBe(capped((pico + 500n) / 1_000n))
      expect(sum.nanoUsdUp).toBe(capped((pico + 999n) / 1_000n))
    }),
  )
})

test('the cost of tokens at any price of six decimals equals the sum in whole numbers', () => {
  const tokens = fc.record({ input: fc.nat(1e7), output: fc.nat(1e7), cachedPart: fc.nat(100) })
  fc.assert(
    fc.property(tokens, rate, rate, rate, ({ input, output, cachedPart }, ...[a, b, c]) => {
      const price = priceOfRates({ input: a / 1e6, output: b / 1e6, cached: c / 1e6 }, { type: 'configured' })
      const cached = Math.floor((input * cachedPart) / 100)
      const pico = BigInt(input - cached) * BigInt(a) + BigInt(cached) * BigInt(c) + BigInt(output) * BigInt(b)
      expect(costOf(price, { input, output, cached })).toBe(Number((pico + 500n) / 1_000n))
    }),
    { numRuns: 2_000 },
  )
})

test.each([Number.NaN, -1, 0.4, Number.NEGATIVE_INFINITY])('a count of %s costs nothing', (bad) => {
  expect(new ExactCost().add(bad, 1_000_000).nanoUsd).toBe(0)
})

test('a count beyond all numbers is the largest one', () => {
  expect(new ExactCost().add(Number.POSITIVE_INFINITY, 1_000).nanoUsd).toBe(Number.MAX_SAFE_INTEGER)
})

test('a fraction of a unit counts to a millionth', () => {
  expect(new ExactCost().addPart(8.470000267028809, picoOf(0.0001)).nanoUsd).toBe(847_000)
})
