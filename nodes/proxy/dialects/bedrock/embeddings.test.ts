import { expect, test } from 'vitest'
import type { EmbeddingRequest } from '../../../../shared/chat/embeddings.ts'
import { plainTarget } from '../test-dialects.ts'
import { bedrockEmbeddingsUpstream } from './embeddings.ts'

const text = (one: string) => ({ type: 'text' as const, text: one })

function printed(model: string, more: Partial<EmbeddingRequest>) {
  const request = {
    model: 'm',
    encoding: 'float',
    dialect: 'openai-embeddings',
    extras: {},
    inputs: [text('a')],
  } as const
  const result = bedrockEmbeddingsUpstream.printRequest({ ...request, ...more }, { ...plainTarget, model })
  return result.ok ? { ...result.value, json: JSON.parse(result.value.body) } : result.error
}

test('Titan takes one text, and its second version a number of dimensions', () => {
  expect(printed('amazon.titan-embed-text-v2:0', { dimensions: 256 })).toMatchObject({
    path: '/model/amazon.titan-embed-text-v2%3A0/invoke',
    json: { inputText: 'a', dimensions: 256 },
    dropped: [],
  })
  expect(printed('amazon.titan-embed-text-v1', { dimensions: 256, user: 'u', extras: { odd: 1 } })).toMatchObject({
    json: { inputText: 'a' },
    dropped: [{ member: 'user' }, { member: 'dimensions' }, { member: 'odd' }],
  })
  expect(printed('amazon.titan-embed-text-v2:0', { inputs: [text('a'), text('b')] })).toEqual({
    capability: 'several inputs',
    what: 'input',
  })
})

test('Cohere’s models take Cohere’s words', () => {
  expect(printed('cohere.embed-multilingual-v3', { inputs: [text('a'), text('b')], purpose: 'query' })).toMatchObject({
    path: '/model/cohere.embed-multilingual-v3/invoke',
    json: { texts: ['a', 'b'], input_type: 'search_query', embedding_types: ['float'] },
  })
})

test('models that embed nothing are refused by name, and so are tokens', () => {
  expect(printed('amazon.nova-lite-v1:0', {})).toEqual({ capability: 'embeddings', what: 'amazon.nova-lite-v1:0' })
  const tokens = [{ type: 'tokens' as const, tokens: [1] }]
  expect(printed('amazon.titan-embed-text-v2:0', { inputs: tokens })).toMatchObject({ capability: 'tokens as input' })
})

test.each([
  [
    { embedding: [0.5], inputTextTokenCount: 3 },
    { vectors: [[0.5]], inputTokens: 3 },
  ],
  [{ embeddings: { float: [[0.5], [1]] } }, { vectors: [[0.5], [1]], inputTokens: undefined }],
  [{ embeddings: [[0.5], [1]] }, { vectors: [[0.5], [1]], inputTokens: undefined }],
])('the answer %j is understood', (body, answer) => {
  const request = { path: '', body: '', headerLines: '', dropped: [], model: 'm' }
  expect(bedrockEmbeddingsUpstream.parseAnswer(body, request)).toEqual({ model: 'm', ...answer })
})

test.each([{}, { embedding: 'x' }, { embeddings: {} }, { embeddings: [null] }])('%j is no answer', (body) => {
  const request = { path: '', body: '', headerLines: '', dropped: [] }
  expect(bedrockEmbeddingsUpstream.parseAnswer(body, request)).toBeUndefined()
})
