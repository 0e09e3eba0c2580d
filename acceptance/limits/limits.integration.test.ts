// Limits as the users of the official SDKs meet them: an error of the right class, a wait that the SDK keeps, headers with what is
// left, on every kind of request.
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AnsweringUpstream, startAnsweringUpstream } from '../answering-upstream.ts'
import { ask, type Gateway, startGateway } from '../gateway.ts'
import { providerAt } from '../scripted-llm.ts'

let upstream: AnsweringUpstream
let gateway: Gateway
beforeAll(async () => {
  upstream = await startAnsweringUpstream()
  gateway = await startGateway({
    config: {
      providers: { up: providerAt(upstream.url) },
      models: { fast: { targets: [{ provider: 'up', model: 'm' }], retries: { attempts: 0 } } },
      teams: { quick: {}, slow: {}, spare: {}, busy: { metadata: { stage: 'test' } } },
      limits: {
        quick: { per: 'team', match: { team: 'quick' }, requests: 1, window: '1s' },
        slow: { per: 'key', match: { team: 'slow' }, requests: 2, window: '1h' },
        tokens: { per: 'key', match: { team: 'spare' }, tokens: 2_000, window: '1h' },
        busy: { per: 'metadata.stage', match: { team: 'busy' }, concurrency: 1 },
      },
    },
  })
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
})

const messages: { role: 'user'; content: string }[] = [{ role: 'user', content: 'hi' }]
const keyOf = async (team: string) => (await gateway.issueKey({ owner: { team } })).secret

async function openAi(team: string, maxRetries = 0): Promise<OpenAI> {
  return new OpenAI({ apiKey: await keyOf(team), baseURL: `${gateway.base}/v1`, maxRetries })
}

test("OpenAI's SDK throws its RateLimitError, with the wait and the name of the limit", async () => {
  const client = await openAi('slow')
  for (const remaining of ['1', '0']) {
    const { response } = await client.chat.completions.create({ model: 'fast', messages }).withResponse()
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe(remaining)
    expect(response.headers.get('x-ratelimit-limit-requests')).toBe('2')
  }
  const error = await client.chat.completions.create({ model: 'fast', messages }).catch((thrown) => thrown)
  expect(error).toBeInstanceOf(OpenAI.RateLimitError)
  expect(error.message).toContain('The limit `slow` of 2 requests in 1h per key is reached')
  expect(Number(error.headers.get('retry-after'))).toBeGreaterThan(1_700)
  expect(error.headers.get('x-ratelimit-remaining-requests')).toBe('0')
})

test("OpenAI's SDK keeps the wait and comes through", async () => {
  const client = await openAi('quick', 2)
  const startedMs = performance.now()
  for (let count = 0; count < 3; count++) await client.chat.completions.create({ model: 'fast', messages })
  expect(performance.now() - startedMs).toBeGreaterThan(1_500)
})

test("Anthropic's SDK throws its RateLimitError, with Anthropic's headers", async () => {
  const client = new Anthropic({ apiKey: await keyOf('slow'), baseURL: gateway.base, maxRetries: 0 })
  const create = () => client.messages.create({ model: 'fast', max_tokens: 9, messages })
  const { response } = await create().withResponse()
  expect(response.headers.get('anthropic-ratelimit-requests-remaining')).toBe('1')
  await create()
  const error = await create().catch((thrown) => thrown)
  expect(error).toBeInstanceOf(Anthropic.RateLimitError)
  expect(error.error.error.type).toBe('rate_limit_error')
  expect(Date.parse(error.headers.get('anthropic-ratelimit-requests-reset'))).toBeGreaterThan(Date.now())
})

test('the same key has one count, by whichever header and on whichever route it comes', async () => {
  const key = await keyOf('slow')
  const body = { model: 'fast', messages }
  const statuses: number[] = []
  for (const headers of [{ authorization: `Bearer ${key}` }, { 'x-api-key': key }, { 'api-key': key }] as Record<
    string,
    string
  >[])
    statuses.push((await ask(`${gateway.base}/v1/chat/completions`, 'POST', body, headers)).status)
  const google = { 'x-goog-api-key': key }
  const contents = [{ role: 'user', parts: [{ text: 'hi' }] }]
  statuses.push((await ask(`${gateway.base}/v1beta/models/fast:generateContent`, 'POST', { contents }, google)).status)
  expect(statuses).toEqual([200, 200, 429, 429])
})

test.each<[string, string, object]>([
  ['chat', '/v1/chat/completions', { messages }],
  ['completions', '/v1/completions', { prompt: 'hi' }],
  ['responses', '/v1/responses', { input: 'hi', store: false }],
  ['messages', '/v1/messages', { messages, max_tokens: 9 }],
  ['embeddings', '/v1/embeddings', { input: 'hi' }],
  ['images', '/v1/images/generations', { prompt: 'hi' }],
  ['speech', '/v1/audio/speech', { input: 'hi', voice: 'alloy' }],
  ['rerank', '/v1/rerank', { query: 'hi', documents: ['a'] }],
  ['moderations', '/v1/moderations', { input: 'hi' }],
])('requests of %s are counted', async (_, path, body) => {
  const authorization = `Bearer ${await keyOf('slow')}`
  const call = () => ask(`${gateway.base}${path}`, 'POST', { model: 'fast', ...body }, { authorization })
  const first = await call()
  expect(
    first.headers.get('x-ratelimit-remaining-requests') ?? first.headers.get('anthropic-ratelimit-requests-remaining'),
  ).toBe('1')
  await call()
  expect((await call()).status).toBe(429)
})

test('tokens are settled on what the upstream reports', async () => {
  const client = await openAi('spare')
  const remaining: number[] = []
  for (let count = 0; count < 3; count++) {
    const { response } = await client.chat.completions
      .create({ model: 'fast', messages, max_tokens: 100 })
      .withResponse()
    remaining.push(Number(response.headers.get('x-ratelimit-remaining-tokens')))
  }
  // Each used 10, and the one that is told about is still reserved with 102 or so.
  expect(remaining[0]! - remaining[1]!).toBe(10)
  expect(remaining[1]! - remaining[2]!).toBeLessThanOrEqual(10)
})

test('of requests at the same time as many pass as the limit has, and the next when one has ended', async () => {
  upstream.delayMs = 300
  const client = await openAi('busy')
  const create = () =>
    client.chat.completions.create({ model: 'fast', messages }).then(
      () => 200,
      (error) => error.status,
    )
  const first = create()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(await create()).toBe(429)
  expect(await first).toBe(200)
  upstream.delayMs = 10
  expect(await create()).toBe(200)
})

test('a limit is changed while the gateway runs, and what was used stays used', async () => {
  const client = await openAi('slow')
  const create = () =>
    client.chat.completions.create({ model: 'fast', messages }).then(
      () => 200,
      (error) => error.status,
    )
  expect([await create(), await create(), await create()]).toEqual([200, 200, 429])
  const spec = { per: 'key', match: { team: 'slow' }, requests: 3, window: '1h' }
  expect((await gateway.admin('PUT', '/limits/slow', spec)).status).toBe(200)
  expect([await create(), await create()]).toEqual([200, 429])
  const { json } = await gateway.admin('GET', '/limits/slow')
  expect(json.spec).toEqual(spec)
})
