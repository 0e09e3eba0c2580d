// Upstreams without a whole endpoint that nothing can be translated to: numbers of tokens are estimated, and other calls go to the next
// target of the model.
import type Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import type OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Gateway } from './gateway.ts'
import { type ScriptedGateway, startScriptedGateway } from './scripted-gateway.ts'
import type { ScriptedAnswer, ScriptedUpstream, SeenRequest } from './scripted-upstream.ts'

let rig: ScriptedGateway
let upstream: ScriptedUpstream
let gateway: Gateway
let secret: string
let openai: OpenAI
let anthropic: Anthropic

const missing: ScriptedAnswer = { status: 404, pieces: ['404 page not found'] }
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-x',
  content: [{ type: 'text', text: 'Hello' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 3, output_tokens: 1 },
}
const noModel = { type: 'error', error: { type: 'not_found_error', message: 'model: nonesuch' } }

function answer({ path, body }: SeenRequest): ScriptedAnswer {
  if (body.model === 'nonesuch') return { status: 404, pieces: [JSON.stringify(noModel)] }
  if (path.startsWith('/counts')) return { pieces: ['{"input_tokens":42,"totalTokens":42}'] }
  if (path.endsWith('/messages')) return { pieces: [JSON.stringify(message)] }
  if (path.startsWith('/whole/v1/embeddings')) {
    const data = [{ object: 'embedding', index: 0, embedding: [1, 2] }]
    return { pieces: [JSON.stringify({ object: 'list', data, usage: { prompt_tokens: 1, total_tokens: 1 } })] }
  }
  if (path.startsWith('/whole/v1/rerank')) return { pieces: ['{"results":[{"index":0,"relevance_score":1}]}'] }
  return missing
}

const provider = (kind: string, baseUrl: string) => ({
  kind,
  baseUrl,
  credentials: [{ name: 'main', apiKey: 'sk-canary' }],
})

beforeAll(async () => {
  rig = await startScriptedGateway(answer, (url) => {
    const providers = {
      claude: provider('anthropic', url),
      google: provider('gemini', url),
      counts: provider('anthropic', `${url}/counts`),
      part: provider('openai', `${url}/v1`),
      whole: provider('openai', `${url}/whole/v1`),
    }
    const target = (name: string, model: string) => ({ provider: name, model })
    const models = {
      either: { targets: [target('claude', 'a'), target('counts', 'a')], routing: 'priority' },
      vectors: { targets: [target('part', 'bge'), target('whole', 'bge')], routing: 'priority' },
    }
    return { config: { providers, models } }
  })
  ;({ upstream, gateway, secret, openai, anthropic } = rig)
})
afterAll(() => rig?.stop())
beforeEach(() => {
  upstream.seen.length = 0
})

const paths = () => upstream.seen.map(({ path }) => path)
const messages = [{ role: 'user' as const, content: 'The quick brown fox jumps over the lazy dog.' }]

test('where Anthropic’s endpoint of counts is missing, the gateway estimates, and asks no more', async () => {
  const ask = () => anthropic.messages.countTokens({ model: 'claude/claude-x', messages }).withResponse()
  for (const attempts of ['1', null]) {
    const { data, response } = await ask()
    expect(data.input_tokens).toBeGreaterThan(5)
    expect(data.input_tokens).toBeLessThan(25)
    expect(response.headers.get('x-headgate-estimated')).toBe('true')
    expect(response.headers.get('x-headgate-attempts')).toBe(attempts)
  }
  expect(paths()).toEqual(['/v1/messages/count_tokens'])
  // Messages are another endpoint.
  const told = await anthropic.messages.create({ model: 'claude/claude-x', max_tokens: 9, messages })
  expect(told.content).toMatchObject([{ text: 'Hello' }])
})

test('so it is with Gemini’s', async () => {
  const google = new GoogleGenAI({ apiKey: secret, httpOptions: { baseUrl: gateway.base } })
  for (let round = 0; round < 2; round++) {
    const { totalTokens } = await google.models.countTokens({ model: 'google/gemini-x', contents: 'Say it again.' })
    expect(totalTokens).toBeGreaterThan(2)
  }
  expect(paths()).toEqual(['/v1beta/models/gemini-x:countTokens'])
})

test('another target of the model is asked first', async () => {
  expect((await anthropic.messages.countTokens({ model: 'either', messages })).input_tokens).toBe(42)
})

test('a model that is not there is no missing endpoint', async () => {
  const asked = anthropic.messages.countTokens({ model: 'counts/nonesuch', messages })
  await expect(asked).rejects.toMatchObject({ status: 404, message: expect.stringContaining('nonesuch') })
})

test('embeddings and reranking go to the next target, without a fault of the first', async () => {
  const { data, response } = await openai.embeddings.create({ model: 'vectors', input: 'hi' }).withResponse()
  expect(data.data).toHaveLength(1)
  expect(response.headers.get('x-headgate-provider')).toBe('whole')
  expect(paths()).toEqual(['/v1/embeddings', '/whole/v1/embeddings'])
  const ranked = await openai.post('/rerank', { body: { model: 'vectors', query: 'q', documents: ['a'] } })
  expect(ranked).toMatchObject({ results: [{ index: 0 }] })
})

test('where no target is left, the upstream’s own 404 is told', async () => {
  const asked = () => openai.embeddings.create({ model: 'part/bge', input: 'hi' })
  await expect(asked()).rejects.toMatchObject({ status: 404 })
  await expect(asked()).rejects.toMatchObject({ status: 404 })
  expect(paths()).toEqual(['/v1/embeddings', '/v1/embeddings'])
})
