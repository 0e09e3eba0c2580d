import { expect, test } from 'vitest'
import { listPrices } from './catalogue.ts'
import { datedPrices, overlaid, pricesAt, pricesUntilMs } from './dated-prices.ts'
import { priceOfRates } from './price.ts'
import { unitPriceOf } from './unit-price.ts'

const always = Number.NEGATIVE_INFINITY
const usd = (input: number) => priceOfRates({ input, output: 0 }, { type: 'configured' })
const [one, two, three] = [usd(1), usd(2), usd(3)]
const perImage = unitPriceOf({ perImage: 1 })

test('the price of a time is the one that began last', () => {
  const prices = datedPrices(
    [
      { fromMs: always, value: one },
      { fromMs: 100, value: two },
      { fromMs: 200, value: three },
    ],
    [{ fromMs: 150, value: perImage }],
  )
  expect([0, 99, 100, 199, 200, 9_999].map((ms) => pricesAt(prices, ms).price)).toEqual([
    one,
    one,
    two,
    two,
    three,
    three,
  ])
  expect([149, 150, 250].map((ms) => pricesAt(prices, ms).unitPrice)).toEqual([undefined, perImage, perImage])
  expect([0, 100, 150, 200].map((ms) => pricesUntilMs(prices, ms))).toEqual([100, 150, 200, Number.POSITIVE_INFINITY])
})

test('a price that never changes has no list of later ones', () => {
  expect(datedPrices([{ fromMs: always, value: one }], [])).toEqual({ price: one, unitPrice: undefined })
})

test('an own price with a date follows the list price, and its later changes do not come back', () => {
  const list = [
    { fromMs: always, value: one },
    { fromMs: 300, value: three },
  ]
  expect(overlaid([{ fromMs: 200, value: two }], list)).toEqual([list[0], { fromMs: 200, value: two }])
  expect(overlaid([], list)).toEqual(list)
})

test('an entry of the catalogue has the changes that are announced, each with its date', () => {
  const { price, unitPrice, prices, unitPrices } = listPrices({
    price: { input: 3, output: 15 },
    later: [{ from: '2027-01-01', price: { input: 2, output: 10 }, tiers: { batch: 0.5 }, units: { perImage: 1 } }],
  })
  expect(price?.input).toBe(3e6)
  expect(unitPrice).toBeUndefined()
  const at = Date.parse('2027-01-01T00:00:00Z')
  expect(prices.map(({ fromMs }) => fromMs)).toEqual([always, at])
  expect(prices[1]?.value?.tiers.get('batch')?.output).toBe(5e6)
  const dated = datedPrices(prices, unitPrices)
  expect(pricesAt(dated, at - 1).price?.input).toBe(3e6)
  expect(pricesAt(dated, at)).toMatchObject({ price: { input: 2e6 }, unitPrice: perImage })
})
