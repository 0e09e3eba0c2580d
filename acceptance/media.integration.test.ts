// The endpoints beside chat, with the official SDK: images, speech, moderation, reranking. A provider that has them gets
// the caller's own bytes; what was used is told or left open, never made up.
import OpenAI, { BadRequestError, PermissionDeniedError } from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Gateway, startGateway } from './gateway.ts'
import { ask } from './http.ts'
import { events, json, type MediaUpstream, startMediaUpstream } from './media-upstream.ts'
import { modelOn, providerAt } from './scripted-llm.ts'
import { until } from './until.ts'

let upstream: MediaUpstream
let gateway: Gateway
let client: OpenAI
let secret: string

beforeAll(async () => {
  upstream = await startMediaUpstream()
  const price = { inputPerMTok: 5, outputPerMTok: 40 }
  gateway = await startGateway({
    config: {
      providers: {
        media: providerAt(upstream.url),
        broken: providerAt(`${upstream.url}/broken/v1`),
        claude: { kind: 'anthropic', baseUrl: upstream.url, credentials: [{ name: 'main', apiKey: 'sk-ant' }] },
      },
      models: {
        painter: { targets: [{ provider: 'media', model: 'gpt-image-x', price }] },
        voice: modelOn('media', 'tts-x'),
        'priced-voice': { targets: [{ provider: 'media', model: 'tts-x', unitPrice: { perMCharacters: 15 } }] },
        'priced-painter': { targets: [{ provider: 'media', model: 'img-x', price, unitPrice: { perImage: 0.04 } }] },
        sorter: modelOn('media', 'rerank-x'),
        claude: modelOn('claude', 'claude-x'),
        steadfast: {
          targets: [{ provider: 'broken', model: 'tts-x' }],
          fallbacks: ['voice'],
          retries: { attempts: 0 },
        },
        hidden: modelOn('media', 'gpt-image-x'),
      },
    },
  })
  secret = (
    await gateway.issueKey({
      models: ['painter', 'voice', 'sorter', 'claude', 'steadfast', 'media/*', 'priced-voice', 'priced-painter'],
    })
  ).secret
  client = new OpenAI({ apiKey: secret, baseURL: `${gateway.base}/v1`, maxRetries: 0 })
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
})
beforeEach(() => {
  upstream.seen.length = 0
  upstream.answers.clear()
})

/** The gateway's own record of a request. */
async function recordOf(id: string | null | undefined) {
  let told = await gateway.admin('GET', `/requests/${id}`)
  await until(async () => {
    told = await gateway.admin('GET', `/requests/${id}`)
    return told.status === 200
  }, 10_000)
  return told.json
}

const usage = { input_tokens: 10, output_tokens: 1_000, total_tokens: 1_010 }

test('pictures come as the provider made them, and are priced by the tokens that it told', async () => {
  const made = { created: 1, data: [{ b64_json: 'aGk=' }, { b64_json: 'aG8=' }], usage }
  upstream.answers.set('/v1/images/generations', json(made))
  const request = client.images.generate({ model: 'painter', prompt: 'a gate', n: 2, size: '1024x1024' })
  const { data, response } = await request.withResponse()
  expect(data).toMatchObject(made)
  expect(response.headers.get('x-headgate-cost-usd')).toBe('0.04005')
  const [sent] = upstream.seen
  expect(sent?.body.toString()).toBe('{"model":"gpt-image-x","prompt":"a gate","n":2,"size":"1024x1024"}')
  expect(sent?.headers['authorization']).toBe('Bearer sk-upstream-canary')
  expect(await recordOf(response.headers.get('x-request-id'))).toMatchObject({
    route: '/v1/images/generations',
    inputTokens: 10,
    outputTokens: 1_000,
    unpriced: false,
    estimated: false,
    measure: { unit: 'images', amount: 2 },
  })
})

test('pictures without a usage are counted, and have no cost that nobody told', async () => {
  upstream.answers.set('/v1/images/generations', json({ created: 1, data: [{ url: 'https://example.com/1.png' }] }))
  const { response } = await client.images.generate({ model: 'painter', prompt: 'x' }).withResponse()
  expect(response.headers.get('x-headgate-cost-usd')).toBeNull()
  expect(await recordOf(response.headers.get('x-request-id'))).toMatchObject({
    inputTokens: 0,
    outputTokens: 0,
    costUsd: 0,
    unpriced: true,
    measure: { unit: 'images', amount: 1 },
  })
})

test('what has a price by the picture is priced by it where no tokens are told', async () => {
  upstream.answers.set('/v1/images/generations', json({ created: 1, data: [{ url: 'u' }, { url: 'v' }] }))
  const first = await client.images.generate({ model: 'priced-painter', prompt: 'x', n: 2 }).withResponse()
  expect(first.response.headers.get('x-headgate-cost-usd')).toBe('0.08')
  upstream.answers.set('/v1/images/generations', json({ created: 1, data: [{ url: 'u' }], usage }))
  const second = await client.images.generate({ model: 'priced-painter', prompt: 'x' }).withResponse()
  expect(second.response.headers.get('x-headgate-cost-usd')).toBe('0.04005')
  const record = await recordOf(first.response.headers.get('x-request-id'))
  expect(record).toMatchObject({ costUsd: 0.08, unpriced: false, attempts: [{ costUsd: 0.08 }] })
})

test('speech is priced by its characters', async () => {
  upstream.answers.set('/v1/audio/speech', (_request, response) => {
    response.writeHead(200, { 'content-type': 'audio/wav' }).end('RIFF')
  })
  const response = await client.audio.speech.create({ model: 'priced-voice', voice: 'alloy', input: 'x'.repeat(1_000) })
  await response.arrayBuffer()
  expect(await recordOf(response.headers.get('x-request-id'))).toMatchObject({ costUsd: 0.015, unpriced: false })
})

test('a stream of pictures comes through whole, however large one is, and its usage is recorded', async () => {
  const large = 'A'.repeat(3 << 20)
  upstream.answers.set(
    '/v1/images/generations',
    events([
      { type: 'image_generation.partial_image', b64_json: large, partial_image_index: 0 },
      { type: 'image_generation.completed', b64_json: large, usage },
    ]),
  )
  const stream = client.images.generate({ model: 'painter', prompt: 'x', stream: true, partial_images: 1 })
  const { data, response } = await stream.withResponse()
  const seen: [string, number][] = []
  for await (const event of data) seen.push([event.type, event.b64_json.length])
  expect(seen).toEqual([
    ['image_generation.partial_image', large.length],
    ['image_generation.completed', large.length],
  ])
  expect(await recordOf(response.headers.get('x-request-id'))).toMatchObject({ outputTokens: 1_000, stream: true })
})

test('speech comes byte for byte with its media type, and is counted by the characters of the text', async () => {
  const audio = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 256))
  upstream.answers.set('/v1/audio/speech', (_request, response) => {
    response.writeHead(200, { 'content-type': 'audio/mpeg' })
    response.write(audio.subarray(0, 1_000))
    setTimeout(() => response.end(audio.subarray(1_000)), 20)
  })
  const response = await client.audio.speech.create({ model: 'voice', voice: 'alloy', input: 'naïve 🗼' })
  expect(response.headers.get('content-type')).toBe('audio/mpeg')
  expect(Buffer.from(await response.arrayBuffer()).equals(audio)).toBe(true)
  expect(await recordOf(response.headers.get('x-request-id'))).toMatchObject({
    status: 'ok',
    unpriced: true,
    outputTokens: 0,
    measure: { unit: 'characters', amount: 7 },
  })
})

test('speech as events is relayed and metered by its tokens', async () => {
  upstream.answers.set(
    '/v1/audio/speech',
    events([
      { type: 'speech.audio.delta', audio: 'aGk=' },
      { type: 'speech.audio.done', usage },
    ]),
  )
  const response = await client.audio.speech.create({
    model: 'voice',
    voice: 'alloy',
    input: 'hi',
    stream_format: 'sse',
  })
  expect(await response.text()).toContain('event: speech.audio.done\n')
  expect(await recordOf(response.headers.get('x-request-id'))).toMatchObject({ inputTokens: 10, outputTokens: 1_000 })
})

test('speech that breaks off is cut, so that nobody takes it for the whole', async () => {
  upstream.answers.set('/v1/audio/speech', (_request, response) => {
    response.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': '1000' })
    response.write('half')
    setTimeout(() => response.socket?.resetAndDestroy(), 50)
  })
  const response = await client.audio.speech.create({ model: 'voice', voice: 'alloy', input: 'hi' })
  await expect(response.arrayBuffer()).rejects.toThrow()
  expect(await recordOf(response.headers.get('x-request-id'))).toMatchObject({ status: 'cut' })
})

test('a provider that fails before the first byte of speech is followed by the fallback', async () => {
  upstream.answers.set('/broken/v1/audio/speech', json({ error: { message: 'no' } }, 500))
  upstream.answers.set('/v1/audio/speech', (_request, response) => {
    response.writeHead(200, { 'content-type': 'audio/wav' }).end('RIFF')
  })
  const response = await client.audio.speech.create({ model: 'steadfast', voice: 'alloy', input: 'hi' })
  expect(await response.text()).toBe('RIFF')
  expect(response.headers.get('x-headgate-fallback-index')).toBe('1')
})

test('moderation passes through', async () => {
  const told = { id: 'modr-1', model: 'omni', results: [{ flagged: true, categories: {}, category_scores: {} }] }
  upstream.answers.set('/v1/moderations', json(told))
  expect(await client.moderations.create({ model: 'media/omni', input: 'x' })).toMatchObject(told)
})

test.each(['/v1/rerank', '/v2/rerank', '/rerank', '/openai/v1/rerank'])('%s sorts documents', async (path) => {
  const results = [{ index: 1, relevance_score: 0.9 }]
  upstream.answers.set('/v1/rerank', json({ id: 'r', results, meta: { billed_units: { search_units: 1 } } }))
  const body = { model: 'sorter', query: 'gate', documents: ['a', 'b'], top_n: 1 }
  const told = await ask(gateway.base + path, 'POST', body, { authorization: `Bearer ${secret}` })
  expect([told.status, told.json.results]).toEqual([200, results])
  expect(JSON.parse(String(upstream.seen[0]?.body))).toEqual({ ...body, model: 'rerank-x' })
  expect(await recordOf(told.headers.get('x-request-id'))).toMatchObject({
    measure: { unit: 'search-units', amount: 1 },
  })
})

test('tokens of a reranker are recorded', async () => {
  upstream.answers.set('/v1/rerank', json({ model: 'x', usage: { total_tokens: 38 }, results: [] }))
  const body = { model: 'sorter', query: 'gate', documents: ['a'] }
  const told = await ask(`${gateway.base}/v1/rerank`, 'POST', body, { authorization: `Bearer ${secret}` })
  expect(await recordOf(told.headers.get('x-request-id'))).toMatchObject({ inputTokens: 38, estimated: false })
})

test('a model whose provider does not have the endpoint is refused, naming models that could', async () => {
  const refused = client.images.generate({ model: 'claude', prompt: 'x' })
  await expect(refused).rejects.toThrow(BadRequestError)
  await expect(refused).rejects.toMatchObject({ code: 'unsupported_endpoint', message: /`painter`/ })
  await expect(client.images.generate({ model: 'hidden', prompt: 'x' })).rejects.toThrow(PermissionDeniedError)
})

test("a provider's own refusal comes as it is", async () => {
  const error = {
    message: 'Your prompt is not allowed.',
    type: 'image_generation_user_error',
    param: null,
    code: 'moderation_blocked',
  }
  upstream.answers.set('/v1/images/generations', json({ error }, 400))
  await expect(client.images.generate({ model: 'painter', prompt: 'x' })).rejects.toMatchObject({ status: 400, error })
})

test.each([
  ['/v1/images/generations', { model: 'painter' }, 'missing_required_parameter', 'prompt'],
  ['/v1/images/generations', { prompt: 'x' }, 'invalid_model', 'model'],
  ['/v1/images/generations', { model: 'painter', prompt: 'x', stream: 'yes' }, 'invalid_type', 'stream'],
  ['/v1/audio/speech', { model: 'voice' }, 'missing_required_parameter', 'input'],
  ['/v1/rerank', { model: 'sorter' }, 'missing_required_parameter', 'query'],
  ['/v1/rerank', { model: 'sorter', query: 'x', stream: true }, 'unsupported_parameter', 'stream'],
  ['/v1/images/generations', { model: 'painter', prompt: 'x', api_base: 'http://x' }, 'forbidden_param', 'api_base'],
])('%s with %j is refused', async (path, body, code, param) => {
  const told = await ask(gateway.base + path, 'POST', body, { authorization: `Bearer ${secret}` })
  expect([told.status, told.json.error.code, told.json.error.param]).toEqual([400, code, param])
  expect(upstream.seen).toEqual([])
})
