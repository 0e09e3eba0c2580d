// Whole answers of every endpoint tell what they cost; what nobody knows the cost of is flagged, or refused before it is sent.
import { describe, expect, test } from 'vitest'
import { TestGateway } from '../test-gateway.ts'

const messages = [{ role: 'user', content: 'hi' }]
const chatUsage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
const choice = { index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }
const contents = [{ role: 'user', parts: [{ text: 'hi' }] }]
const candidate = { content: { role: 'model', parts: [{ text: 'yes' }] }, finishReason: 'STOP' }
const converse = {
  output: { message: { role: 'assistant', content: [{ text: 'yes' }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
}

interface Case {
  readonly model: string
  readonly path: string
  readonly body: object
  readonly answer: object
}

/** A target costs 1 USD for a million tokens of input and 2 of output, 0.04 for an image, 0.002 for a search. */
const tokens = '0.00002'
const cases: Record<string, [Case, string]> = {
  'a chat': [
    {
      model: 'gpt',
      path: '/v1/chat/completions',
      body: { messages },
      answer: { id: 'c', object: 'chat.completion', model: 'x', choices: [choice], usage: chatUsage },
    },
    tokens,
  ],
  'a completion': [
    {
      model: 'gpt',
      path: '/v1/completions',
      body: { prompt: 'hi' },
      answer: { id: 'c', choices: [{ index: 0, text: 'yes', finish_reason: 'stop' }], usage: chatUsage },
    },
    tokens,
  ],
  'a response': [
    {
      model: 'gpt',
      path: '/v1/responses',
      body: { input: 'hi', store: false },
      answer: {
        id: 'resp_1',
        object: 'response',
        status: 'completed',
        output: [],
        usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
      },
    },
    tokens,
  ],
  'a message': [
    {
      model: 'claude',
      path: '/v1/messages',
      body: { messages, max_tokens: 9 },
      answer: {
        id: 'm',
        type: 'message',
        role: 'assistant',
        content: [{ type: 'text', text: 'yes' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 10, output_tokens: 5 },
      },
    },
    tokens,
  ],
  'generated content': [
    {
      model: 'gem',
      path: '/v1beta/models/gem:generateContent',
      body: { contents },
      answer: { candidates: [candidate], usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5 } },
    },
    tokens,
  ],
  'a chat that is translated for Anthropic': [
    {
      model: 'claude',
      path: '/v1/chat/completions',
      body: { messages },
      answer: {
        id: 'm',
        type: 'message',
        role: 'assistant',
        content: [{ type: 'text', text: 'yes' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 10, output_tokens: 5 },
      },
    },
    tokens,
  ],
  'a message that is translated for Bedrock': [
    { model: 'aws', path: '/v1/messages', body: { messages, max_tokens: 9 }, answer: converse },
    tokens,
  ],
  embeddings: [
    {
      model: 'gpt',
      path: '/v1/embeddings',
      body: { input: 'hi' },
      answer: {
        object: 'list',
        data: [{ object: 'embedding', index: 0, embedding: [0.5] }],
        usage: { prompt_tokens: 10, total_tokens: 10 },
      },
    },
    '0.00001',
  ],
  'an image by its tokens': [
    {
      model: 'gpt',
      path: '/v1/images/generations',
      body: { prompt: 'a cat' },
      answer: { created: 1, data: [{ b64_json: 'AA==' }], usage: { input_tokens: 10, output_tokens: 5 } },
    },
    tokens,
  ],
  'two images': [
    {
      model: 'media',
      path: '/v1/images/generations',
      body: { prompt: 'a cat', n: 2 },
      answer: { created: 1, data: [{ b64_json: 'AA==' }, { b64_json: 'AA==' }] },
    },
    '0.08',
  ],
  'a reranking': [
    {
      model: 'ranker',
      path: '/v1/rerank',
      body: { query: 'q', documents: ['a'] },
      answer: { results: [], meta: { billed_units: { search_units: 3 } } },
    },
    '0.006',
  ],
  'a moderation': [
    { model: 'free', path: '/v1/moderations', body: { input: 'hi' }, answer: { id: 'm', results: [] } },
    '0',
  ],
}

const unitPrice = { perImage: 0.04, perSearchUnit: 0.002, perMCharacters: 15 }

async function gatewayWith(unpriced: object = {}): Promise<TestGateway> {
  const gateway = await TestGateway.open()
  const target = (model: string, more: object) => ({ targets: [{ provider: 'up', model, ...more }], ...unpriced })
  await gateway.put('models', 'media', target('pictures', { unitPrice }))
  await gateway.put('models', 'free', target('judge', { price: { inputPerMTok: 0, outputPerMTok: 0 } }))
  await gateway.put('models', 'new', target('newest', {}))
  const credentials = [{ name: 'main', apiKey: 'sk-0123456789-abcdef' }]
  await gateway.put('providers', 'co', { kind: 'cohere', credentials })
  const ranker = { targets: [{ provider: 'co', model: 'rerank-x', unitPrice }], ...unpriced }
  await gateway.put('models', 'ranker', ranker)
  return gateway
}

describe('a whole answer tells its cost', () => {
  test.each(Object.entries(cases))('%s', async (_, [{ model, path, body, answer }, usd]) => {
    const gateway = await gatewayWith()
    const { reply } = gateway.call({ path, body: { model, ...body } })
    await Promise.resolve()
    gateway.upstream.last.answer(200, JSON.stringify(answer))
    await Promise.resolve()
    expect(reply.status).toBe(200)
    expect([reply.header('x-headgate-cost-usd'), reply.header('x-headgate-unpriced')]).toEqual([usd, undefined])
    expect(gateway.record.unpriced).toBe(false)
  })
})

const chatOfNew = { model: 'new', messages }
const answerOfNew = { id: 'c', model: 'x', choices: [choice], usage: chatUsage }

test('an answer of a model without a price is flagged: in a header, in its record, and once for the model in a notice', async () => {
  const gateway = await gatewayWith()
  for (const _ of [1, 2]) {
    const { reply } = gateway.call({ body: chatOfNew })
    gateway.upstream.last.answer(200, JSON.stringify(answerOfNew))
    expect([reply.header('x-headgate-cost-usd'), reply.header('x-headgate-unpriced')]).toEqual([undefined, 'true'])
  }
  expect(gateway.outcome.recorder.records.map(({ unpriced }) => unpriced)).toEqual([true, true])
  expect(gateway.outcome.notices).toEqual([{ type: 'model-unpriced', model: 'new', provider: 'up', target: 'newest' }])
})

test('a stream of a model without a price is flagged at its head', async () => {
  const gateway = await gatewayWith()
  const { reply } = gateway.call({ body: { ...chatOfNew, stream: true } })
  const chunk = { id: 'c', choices: [{ index: 0, delta: { content: 'yes' }, finish_reason: null }] }
  gateway.upstream.last.stream(`data: ${JSON.stringify(chunk)}\n\n`)
  expect(reply.header('x-headgate-unpriced')).toBe('true')
})

test('speech is charged by what is asked for, so that its bytes begin with their cost', async () => {
  const gateway = await gatewayWith()
  const { reply } = gateway.call({ path: '/v1/audio/speech', body: { model: 'media', input: 'hello', voice: 'x' } })
  gateway.upstream.last.head(200, { 'content-type': 'audio/mpeg' }).data('mp3')
  expect(reply.header('x-headgate-cost-usd')).toBe('0.000075')
  gateway.upstream.last.end()
  expect(gateway.record.costNanoUsd).toBe(75_000)
})
