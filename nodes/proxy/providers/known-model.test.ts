import { expect, test } from 'vitest'
import type { TargetSpec } from '../../../shared/config/kinds/models/spec.ts'
import { connectProvider } from './endpoint.ts'
import { knownOf } from './known-model.ts'
import { testConnectOptions } from './test-connect.ts'

function known(target: Omit<TargetSpec, 'provider'>, baseUrl = 'https://api.openai.com/v1') {
  const connection = connectProvider('p', { kind: 'openai', baseUrl }, testConnectOptions())!
  return knownOf(connection, { provider: 'p', ...target })
}

test('a model of a known provider has its list price', () => {
  expect(known({ model: 'gpt-4.1' }).price).toMatchObject({ input: 2_000, cached: 500, output: 8_000 })
})

test('the operator’s own price goes before the list', () => {
  const price = { inputPerMTok: 1, outputPerMTok: 2, above: [{ inputTokens: 10, inputPerMTok: 5, outputPerMTok: 6 }] }
  expect(known({ model: 'gpt-4.1', price }).price).toMatchObject({
    input: 1_000,
    output: 2_000,
    from: { type: 'configured' },
    above: [{ tokens: 10, input: 5_000, output: 6_000 }],
  })
})

test('a deployment with a name of its own is what its base model is', () => {
  const own = 'https://example.openai.azure.com'
  expect(known({ model: 'our-deployment' }, own).price).toBeUndefined()
  const { price, facts } = known({ model: 'our-deployment', baseModel: 'azure/gpt-4.1' }, own)
  expect(price).toMatchObject({ input: 2_000 })
  expect(facts.contextTokensMax).toBe(1_047_576)
})

test('an unknown model has no price and nothing is held against it', () => {
  expect(known({ model: 'my-own-model' }, 'http://127.0.0.1:8000/v1')).toEqual({
    price: undefined,
    facts: {},
    releasedAt: 0,
  })
})
