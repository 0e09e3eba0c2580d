import { expect, test } from 'vitest'
import type { TargetSpec } from '../../../shared/config/kinds/models/spec.ts'
import { pricesAt } from '../../../shared/models/dated-prices.ts'
import { connectProvider } from './endpoint.ts'
import { knownOf } from './known-model.ts'
import { testConnectOptions } from './test-connect.ts'

function known(target: Omit<TargetSpec, 'provider'>, baseUrl = 'https://api.openai.com/v1') {
  const connection = connectProvider('p', { kind: 'openai', baseUrl }, testConnectOptions())!
  return knownOf(connection, { provider: 'p', ...target })
}

test('a model of a known provider has its list price', () => {
  expect(known({ model: 'gpt-4.1' }).price).toMatchObject({ input: 2e6, cached: 5e5, output: 8e6 })
})

test('the operator’s own price goes before the list', () => {
  const price = { inputPerMTok: 1, outputPerMTok: 2, above: [{ inputTokens: 10, inputPerMTok: 5, outputPerMTok: 6 }] }
  expect(known({ model: 'gpt-4.1', price }).price).toMatchObject({
    input: 1e6,
    output: 2e6,
    from: { type: 'configured' },
    above: [{ tokens: 10, input: 5e6, output: 6e6 }],
  })
})

test('an operator’s price has the parts that list prices have', () => {
  const flex = { inputPerMTok: 0.5, outputPerMTok: 1 }
  const media = { audioInputPerMTok: 3, cachedAudioInputPerMTok: 0.3, audioOutputPerMTok: 4, imageOutputPerMTok: 5 }
  const fees = { perWebSearch: 0.01, perRequest: { low: 0.005, medium: 0.008, high: 0.012 }, citationPerMTok: 2 }
  const { price } = known({
    model: 'gpt-4.1',
    price: { inputPerMTok: 1, outputPerMTok: 2, ...media, tiers: { flex }, ...fees },
  })
  expect(price).toMatchObject({ audioInput: 3e6, cachedAudio: 3e5, audioOutput: 4e6, imageOutput: 5e6 })
  expect(price).toMatchObject({ imageInput: 1e6, cachedImage: 1e6, hasAudioRates: true })
  expect(price?.tiers.get('flex')).toMatchObject({ input: 5e5, output: 1e6, audioInput: 5e5 })
  expect([...(price?.calls ?? [])]).toEqual([
    ['webSearches', 1e10],
    ['requestsLow', 5e9],
    ['requestsMedium', 8e9],
    ['requestsHigh', 1.2e10],
    ['citationTokens', 2e6],
  ])
})

test('what is charged by units has its list price', () => {
  expect(known({ model: 'whisper-1' }).unitPrice?.get('seconds')).toBe(1e8)
  expect(known({ model: 'whisper-1', unitPrice: { perSecond: 1 } }).unitPrice?.get('seconds')).toBe(1e12)
})

test('a deployment with a name of its own is what its base model is', () => {
  const own = 'https://example.openai.azure.com'
  expect(known({ model: 'our-deployment' }, own).price).toBeUndefined()
  const { price, facts } = known({ model: 'our-deployment', baseModel: 'azure/gpt-4.1' }, own)
  expect(price).toMatchObject({ input: 2e6 })
  expect(facts.contextTokensMax).toBe(1_047_576)
})

test('an unknown model has no price and nothing is held against it', () => {
  expect(known({ model: 'my-own-model' }, 'http://127.0.0.1:8000/v1')).toEqual({
    price: undefined,
    facts: {},
    releasedAt: 0,
  })
})

test('an own price that begins at a date follows the list price, and one without a date holds before', () => {
  const later = { from: '2027-01-01', inputPerMTok: 1, outputPerMTok: 1 }
  const at = Date.parse('2027-01-01')
  const listed = known({ model: 'gpt-4.1', price: later })
  expect(pricesAt(listed, at - 1).price).toMatchObject({ input: 2e6, from: { type: 'catalogue' } })
  expect(pricesAt(listed, at).price).toMatchObject({ input: 1e6, from: { type: 'configured' } })
  const own = known({ model: 'gpt-4.1', price: [{ inputPerMTok: 5, outputPerMTok: 5 }, later] })
  expect(pricesAt(own, at - 1).price).toMatchObject({ input: 5e6, from: { type: 'configured' } })
  expect(pricesAt(own, at).price).toMatchObject({ input: 1e6 })
  const images = known({ model: 'x', unitPrice: [{ perImage: 1 }, { from: '2027-01-01T12:00:00+02:00', perImage: 2 }] })
  expect(images.laterPrices?.map(({ fromMs }) => fromMs)).toEqual([Date.parse('2027-01-01T10:00:00Z')])
})
