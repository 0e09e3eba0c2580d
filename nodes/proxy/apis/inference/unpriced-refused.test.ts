// A target whose cost cannot be known is sent nothing where the operator refuses that: by the model's word, else the provider's, else that
// of the installation.
import { describe, expect, test } from 'vitest'
import { TestGateway } from '../test-gateway.ts'

const messages = [{ role: 'user', content: 'hi' }]
const credentials = [{ name: 'main', apiKey: 'sk-0123456789-abcdef' }]
const refuse = { unpriced: 'refuse' }
const price = { inputPerMTok: 1, outputPerMTok: 2 }

async function opened(fields: object = refuse): Promise<TestGateway> {
  const gateway = await TestGateway.open()
  await gateway.put('models', 'new', { targets: [{ provider: 'up', model: 'newest' }], ...fields })
  return gateway
}

const asked: [string, string, object, unknown][] = [
  [
    'OpenAI',
    '/v1/chat/completions',
    { messages },
    { error: { type: 'invalid_request_error', code: 'model_unpriced' } },
  ],
  ['responses', '/v1/responses', { input: 'hi', store: false }, { error: { code: 'model_unpriced' } }],
  [
    'Anthropic',
    '/v1/messages',
    { messages, max_tokens: 9 },
    { type: 'error', error: { type: 'invalid_request_error' } },
  ],
  [
    'Gemini',
    '/v1beta/models/new:generateContent',
    { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
    { error: { code: 400, status: 'INVALID_ARGUMENT' } },
  ],
  ['embeddings', '/v1/embeddings', { input: 'hi' }, { error: { code: 'model_unpriced' } }],
  ['images', '/v1/images/generations', { prompt: 'a cat' }, { error: { code: 'model_unpriced' } }],
]

describe('a model without a price is refused before it is sent, in the dialect of the caller', () => {
  test.each(asked)('%s', async (_, path, body, expected) => {
    const gateway = await opened()
    const { reply } = gateway.call({ path, body: { model: 'new', ...body } })
    expect(reply.status).toBe(400)
    expect(JSON.parse(reply.text)).toMatchObject(expected as object)
    expect(reply.text).toContain('has no known price at `up/newest`')
    expect(gateway.upstream.calls).toEqual([])
    expect(gateway.attempts).toEqual([])
  })
})

test('the error names models that have a price', async () => {
  const { reply } = (await opened()).call({ body: { model: 'new', messages } })
  expect(reply.text).toContain('These models could: `aws`, `claude`, `gem`, `gpt`, `pair`.')
})

describe('whose word counts', () => {
  test.each<[string, { model?: object; provider?: object }, number]>([
    ['nobody refuses', {}, 1],
    ['the provider refuses', { provider: refuse }, 0],
    ['the model allows what the provider refuses', { provider: refuse, model: { unpriced: 'allow-and-flag' } }, 1],
    ['the model refuses what the provider allows', { provider: { unpriced: 'allow-and-flag' }, model: refuse }, 0],
  ])('%s', async (_, { model, provider }, calls) => {
    const gateway = await opened(model ?? {})
    await gateway.put('providers', 'up', { kind: 'openai', credentials, ...provider })
    gateway.call({ body: { model: 'new', messages } })
    expect(gateway.upstream.calls).toHaveLength(calls)
  })

  test('the word of the installation', async () => {
    const gateway = await TestGateway.open({ unpriced: 'refuse' })
    expect(gateway.call({ body: { model: 'up/newest', messages } }).reply.status).toBe(400)
    gateway.call({ body: { model: 'gpt', messages } })
    expect(gateway.upstream.calls).toHaveLength(1)
  })
})

test('a target with a price is used instead of one without', async () => {
  const targets = [
    { provider: 'up', model: 'newest' },
    { provider: 'spare', model: 'known', price },
  ]
  const gateway = await opened({ targets, routing: 'priority', ...refuse })
  gateway.call({ body: { model: 'new', messages } })
  expect(gateway.upstream.last.json['model']).toBe('known')
})

test('a service tier that is sold at a price which nobody knows is refused, and the others are not', async () => {
  const gateway = await opened({ targets: [{ provider: 'up', model: 'gpt-4.1-nano' }], ...refuse })
  const call = (service_tier: string) => gateway.call({ body: { model: 'new', messages, service_tier } }).reply.status
  expect(call('flex')).toBe(400)
  call('default')
  expect(gateway.upstream.calls).toHaveLength(1)
})

test('what costs nothing is not refused: a count of tokens', async () => {
  const gateway = await opened({ targets: [{ provider: 'anthropic', model: 'claude-next' }], ...refuse })
  gateway.call({ path: '/v1/messages/count_tokens', body: { model: 'new', messages } })
  expect(gateway.upstream.calls).toHaveLength(1)
})
