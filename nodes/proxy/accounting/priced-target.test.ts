import { describe, expect, test } from 'vitest'
import { freeOfCharge, priceOf, priceOfRates } from '../../../shared/models/price.ts'
import { unitPriceOf } from '../../../shared/models/unit-price.ts'
import { matchOperation } from '../operations/match-path.ts'
import { testTarget } from '../providers/test-connect.ts'
import { testHead } from '../request/test-request.ts'
import { hasPrice, priceRefusal } from './priced-target.ts'

const rates = { input: 1, output: 2 }
const price = priceOfRates(rates, { type: 'configured' })
const tiered = priceOf({ rates, tiers: new Map([['priority', undefined]]) }, { type: 'configured' })
const unitPrice = unitPriceOf({ perImage: 1 })

const later = { laterPrices: [{ fromMs: 1_000, price }] }
const cases: [string, string, object, boolean, string?][] = [
  ['tokens with a price', '/v1/chat/completions', { price }, true],
  ['a price of nothing', '/v1/chat/completions', { price: freeOfCharge }, true],
  ['tokens without one', '/v1/chat/completions', {}, false],
  ['tokens with a price by the image', '/v1/chat/completions', { unitPrice }, false],
  ['images with a price by the image', '/v1/images/generations', { unitPrice }, true],
  ['images with a price by the token', '/v1/images/generations', { price }, true],
  ['images without one', '/v1/images/generations', {}, false],
  ['a count of tokens', '/v1/messages/count_tokens', {}, true],
  ['a provider that states costs', '/v1/chat/completions', { quirks: { statesCost: true } }, true],
  ['a service tier whose price is not known', '/v1/chat/completions', { price: tiered }, false, 'priority'],
  ['another tier of it', '/v1/chat/completions', { price: tiered }, true, 'default'],
  ['no tier of it', '/v1/chat/completions', { price: tiered }, true],
  ['a price that begins later', '/v1/chat/completions', later, false],
]

function request(path: string, receivedAtMs = 0) {
  const matched = matchOperation(testHead({ path }))
  if (!matched.ok) throw new Error(`nothing is served at ${path}`)
  return { operation: matched.value.operation, receivedAtMs }
}

describe('whether the cost can be known', () => {
  test.each(cases)('%s', (_, path, fields, expected, tier) => {
    const target = testTarget({ kind: 'openai' }, fields)
    expect(hasPrice(target, request(path), () => tier)).toBe(expected)
    const refusal = { type: 'unpriced', provider: target.provider, target: target.model }
    const refusing = { ...target, unpriced: 'refuse' as const }
    expect(priceRefusal(refusing, request(path), () => tier)).toEqual(expected ? undefined : refusal)
    expect(priceRefusal(target, request(path), () => tier)).toBeUndefined()
  })

  test('a price that has begun counts', () => {
    expect(hasPrice(testTarget({ kind: 'openai' }, later), request('/v1/chat/completions', 1_000), () => '')).toBe(true)
  })
})
