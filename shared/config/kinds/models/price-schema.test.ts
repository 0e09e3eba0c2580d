// What a price must be, in a resource and in a whole document.
import { expect, test } from 'vitest'
import { Gateway, problemsOf } from '../../test-config.ts'

const rates = { inputPerMTok: 1, outputPerMTok: 2 }
const from = (date: unknown) => ({ ...rates, from: date })
const at = 'models.m.targets[0]'
const noDate = 'expected a date such as 2026-12-31, or a time such as 2026-12-31T18:00:00Z'
const notRising = 'expected later dates one after the other; only the first price may be without one'
const tooSmall = 'expected 0 or a number of at least 0.000001'

const wrong: [string, object, string[]][] = [
  ['a date that no calendar has', { price: from('2026-13-01') }, [`${at}.price.from: ${noDate}`]],
  ['a day that no month has', { price: from('2027-02-30') }, [`${at}.price.from: ${noDate}`]],
  ['a time of such a day', { price: from('2027-02-29T10:00:00Z') }, [`${at}.price.from: ${noDate}`]],
  ['a date that is a word', { price: from('tomorrow') }, [`${at}.price.from: ${noDate}`]],
  ['a time without a zone', { price: from('2026-12-31T18:00:00') }, [`${at}.price.from: ${noDate}`]],
  ['dates out of order', { price: [from('2027-01-01'), from('2026-01-01')] }, [`${at}.price[1].from: ${notRising}`]],
  ['one date twice', { price: [from('2027-01-01'), from('2027-01-01T00:00Z')] }, [`${at}.price[1].from: ${notRising}`]],
  ['two prices without a date', { price: [rates, rates] }, [`${at}.price[1].from: ${notRising}`]],
  ['a list of nothing', { price: [] }, [`${at}.price: expected at least 1 item`]],
  [
    'a wrong price in a list',
    { price: [{ inputPerMTok: 1 }] },
    [`${at}.price[0].outputPerMTok: is required: a number`],
  ],
  [
    'a negative price',
    { price: { ...rates, inputPerMTok: -1 } },
    [`${at}.price.inputPerMTok: expected a number of at least 0`],
  ],
  ['less than is counted', { price: { ...rates, inputPerMTok: 1e-7 } }, [`${at}.price.inputPerMTok: ${tooSmall}`]],
  [
    'a fee below a nano-dollar',
    { price: { ...rates, perWebSearch: 1e-10 } },
    [`${at}.price.perWebSearch: expected 0 or a number of at least 0.000000001`],
  ],
  [
    'a unit below a nano-dollar',
    { unitPrice: { perImage: 1e-10 } },
    [`${at}.unitPrice.perImage: expected 0 or a number of at least 0.000000001`],
  ],
  [
    'a price that is a text',
    { price: { ...rates, inputPerMTok: '1' } },
    [`${at}.price.inputPerMTok: expected a number, found text`],
  ],
  [
    'a price that is no number',
    { price: { ...rates, inputPerMTok: Number.NaN } },
    [`${at}.price.inputPerMTok: expected a number, found an infinite one`],
  ],
  [
    'a price without an end',
    { price: { ...rates, inputPerMTok: Number.POSITIVE_INFINITY } },
    [`${at}.price.inputPerMTok: expected a number, found an infinite one`],
  ],
]

function targets(fields: object): object {
  return { targets: [{ provider: 'p', model: 'x', ...fields }] }
}

function gateway(): Gateway {
  const made = new Gateway()
  made.put('providers', 'p', { kind: 'openai', baseUrl: 'http://127.0.0.1:1/v1', credentials: [] })
  return made
}

test.each(wrong)('%s is refused with its path', (_, fields, problems) => {
  expect(problemsOf(gateway().put('models', 'm', targets(fields)))).toEqual(problems)
})

test('a list of prices by date is taken, and so is one price with a date', () => {
  expect(gateway().put('models', 'm', targets({ price: [rates, from('2027-01-01')] })).ok).toBe(true)
  expect(gateway().put('models', 'm', targets({ price: from('2027-01-01T00:00:00Z') })).ok).toBe(true)
  expect(
    gateway().put('models', 'm', targets({ unitPrice: [{ perImage: 0 }, { from: '2027-01-01', perImage: 1 }] })).ok,
  ).toBe(true)
})
