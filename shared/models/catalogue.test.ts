import { expect, test } from 'vitest'
import { catalogueModel, catalogueNames, catalogueSource } from './catalogue.ts'
import { catalogueProviderOf } from './catalogue-provider.ts'

test('a model is known with its window, its abilities and its list price with source and date', () => {
  const model = catalogueModel('anthropic', 'claude-sonnet-4-5')
  expect(model?.facts).toMatchObject({ contextTokensMax: 200_000, outputTokensMax: 64_000, reasoning: 'budget' })
  expect(model?.facts.lacks).toEqual(new Set(['audio', 'video', 'audio output', 'image output']))
  expect(model?.price).toMatchObject({ input: 3e6, cached: 3e5, write5m: 3.75e6, write1h: 6e6, output: 15e6 })
  expect(model?.price?.from).toEqual({ type: 'catalogue', ...catalogueSource() })
})

test.each([
  ['amazon-bedrock', 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0'],
  ['amazon-bedrock', 'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0'],
  ['amazon-bedrock', 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0'],
  ['google', 'models/gemini-2.5-pro'],
  ['google-vertex', 'publishers/google/models/gemini-2.5-pro'],
])('%s: %s is found under the name of its model (wire 63)', (provider, model) => {
  expect(catalogueModel(provider, model)?.price).toBeDefined()
})

test.each(['no-such-model', '__proto__', 'constructor', 'ft:gpt-4o:mine::1'])(
  '%s is unknown, and has no price',
  (model) => {
    expect(catalogueModel('openai', model)).toBeUndefined()
    expect(catalogueModel(model, 'gpt-4o')).toBeUndefined()
  },
)

test('every price is a price: finite, not negative, with longer inputs in falling order', () => {
  for (const name of catalogueNames()) {
    const slash = name.indexOf('/')
    const price = catalogueModel(name.slice(0, slash), name.slice(slash + 1))?.price
    if (price === undefined) continue
    for (const step of [price, ...price.above]) {
      for (const rate of [step.input, step.cached, step.write5m, step.write1h, step.output, step.reasoning]) {
        expect(Number.isFinite(rate) && rate >= 0, name).toBe(true)
      }
    }
    const steps = price.above.map(({ tokens }) => tokens)
    expect(steps).toEqual([...steps].sort((a, b) => b - a))
  }
})

test('a server of one’s own is in no list', () => {
  expect(catalogueProviderOf('openai', '127.0.0.1')).toBeUndefined()
  expect(catalogueProviderOf('openai', 'api.groq.com')).toBe('groq')
  expect(catalogueProviderOf('bedrock', 'bedrock-runtime.eu-central-1.amazonaws.com')).toBe('amazon-bedrock')
})
