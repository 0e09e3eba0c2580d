import { describe, expect, test } from 'vitest'
import { priceOfRates } from '../../../../shared/models/price.ts'
import { testTarget } from '../../providers/test-connect.ts'
import { inferenceRequest, readFacts, readModels } from '../../request/read-inference.ts'
import { routeTo, testHead, testRequest, testSnapshot } from '../../request/test-request.ts'
import { RoughBounds } from './rough-bound.ts'

const price = priceOfRates({ input: 1, output: 2 }, { type: 'configured' })
const facts = { contextTokensMax: 128_000, outputTokensMax: 16_384 }
const messages = [{ role: 'user', content: 'hi' }]

function boundOf(body: object, { more = {}, path = '/v1/chat/completions' }: { more?: object; path?: string } = {}) {
  const target = testTarget({ kind: 'openai' }, { price, facts, ...more })
  const snapshot = testSnapshot({ m: routeTo('m', target) })
  const { request } = testRequest({ head: testHead({ path }), body: { model: 'm', ...body }, snapshot })
  const models = readModels(request)
  if (!models.ok) throw new Error(JSON.stringify(models.error))
  const read = readFacts(request, models.value)
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  const bound = new RoughBounds().of(request, inferenceRequest(read.value), target)
  return { bound, input: (request.body.bytes.length + 32) * 1_000 }
}

describe('the rough bound of a chat', () => {
  test.each<[string, object, number]>([
    ['the cap of the caller', { max_tokens: 10 }, 10],
    ['the larger one of two caps', { max_tokens: 10, max_completion_tokens: 30 }, 30],
    ['as many answers as are asked for', { max_tokens: 10, n: 4 }, 40],
    ['the longest answer of the model', {}, 16_384],
    ['the longest answer of the model instead of a cap that is none', { max_tokens: -1 }, 16_384],
  ])('counts %s', (_, more, output) => {
    const { bound, input } = boundOf({ messages, ...more })
    expect(bound).toBe(input + output * 2_000)
  })

  test('looks at no word of the body', () => {
    const { bound, input } = boundOf({ messages, max_tokens: 10, tools: [{ type: 'web_search' }] })
    expect(bound).toBe(input + 20_000)
  })

  test.each<[string, object]>([
    ['no price', { price: undefined }],
    ['no known length of an answer', { facts: {} }],
  ])('does not exist for a model with %s', (_, more) => {
    expect(boundOf({ messages }, { more }).bound).toBeUndefined()
  })

  test('is 0 for a model that is free', () => {
    const free = priceOfRates({ input: 0, output: 0 }, { type: 'configured' })
    expect(boundOf({ messages }, { more: { price: free } }).bound).toBe(0)
  })
})

test('embeddings cost their input', () => {
  const { bound, input } = boundOf({ input: 'hi' }, { path: '/v1/embeddings' })
  expect(bound).toBe(input)
})

test('a number of tokens costs nothing', () => {
  expect(boundOf({ messages }, { path: '/v1/messages/count_tokens' }).bound).toBe(0)
})

test('pictures cost their price times their number', () => {
  const more = { price: undefined, unitPrice: new Map([['images', 40_000_000_000]]) }
  expect(boundOf({ prompt: 'a cat', n: 3 }, { path: '/v1/images/generations', more }).bound).toBe(120_000_000)
})

test.each<[string, object, number]>([
  ['the cap', { generationConfig: { maxOutputTokens: 10 } }, 10],
  ['as many answers as are asked for', { generation_config: { max_output_tokens: 10, candidateCount: 4 } }, 40],
  ['the longest answer instead of a cap that is none', { generationConfig: { maxOutputTokens: 0 } }, 16_384],
])('generateContent counts %s', (_, more, output) => {
  const path = '/v1beta/models/m:generateContent'
  const { bound, input } = boundOf({ model: undefined, contents: [{ parts: [{ text: 'hi' }] }], ...more }, { path })
  expect(bound).toBe(input + output * 2_000)
})
