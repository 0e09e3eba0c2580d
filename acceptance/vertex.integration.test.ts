// Vertex AI behind the gateway: a server that takes only the newest token of a metadata server, which hands out short ones.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type Anthropic from '@anthropic-ai/sdk'
import type { GoogleGenAI } from '@google/genai'
import type OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Gateway, startGateway } from './gateway.ts'
import { sdkClients } from './scripted-gateway.ts'
import { modelOn } from './scripted-llm.ts'
import { namedEvents, type ScriptedAnswer, type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'
import { until } from './until.ts'

let metadata: Server
let tokens = 0
let upstream: ScriptedUpstream
let script: () => ScriptedAnswer
let gateway: Gateway
let openai: OpenAI
let anthropic: Anthropic
let google: GoogleGenAI

const place = '/v1/projects/my-project/locations/europe-west4/publishers'
const claude = 'claude-sonnet-4-5@20250929'
const answer = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'Hallo.' }] }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 3 },
  modelVersion: 'gemini-2.5-flash',
  responseId: 'r1',
}
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: claude,
  content: [{ type: 'text', text: 'Bonjour.' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 5, output_tokens: 2 },
}

beforeAll(async () => {
  metadata = createServer((request, response) => {
    const isToken = request.url?.includes('/token') === true
    if (isToken) tokens++
    const body = isToken ? { access_token: `token-${tokens}`, expires_in: 5, token_type: 'Bearer' } : {}
    response.writeHead(200, { 'content-type': 'application/json', 'metadata-flavor': 'Google' })
    response.end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => metadata.listen(0, '127.0.0.1', resolve))
  upstream = await startScriptedUpstream(() => script())
  const common = { kind: 'vertex', region: 'europe-west4', project: 'my-project', baseUrl: upstream.url }
  gateway = await startGateway({
    config: {
      providers: {
        machine: { ...common, credentials: [{ name: 'machine', gcp: 'default' }] },
        keyed: { ...common, region: 'global', credentials: [{ name: 'key', apiKey: 'vertex-canary' }] },
      },
      models: {
        gemini: modelOn('machine', 'gemini-2.5-flash'),
        claude: modelOn('machine', claude),
        embedder: modelOn('machine', 'text-embedding-005'),
        keyed: modelOn('keyed', 'gemini-2.5-flash'),
      },
    },
    environment: {
      GCE_METADATA_HOST: `127.0.0.1:${(metadata.address() as AddressInfo).port}`,
      METADATA_SERVER_DETECTION: 'assume-present',
      GOOGLE_APPLICATION_CREDENTIALS: '',
    },
  })
  const { secret } = await gateway.issueKey()
  ;({ openai, anthropic, google } = sdkClients(gateway, secret))
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
  metadata?.closeAllConnections()
  metadata?.close()
})
beforeEach(() => {
  script = () => ({ pieces: [JSON.stringify(answer)] })
})

const messages = [{ role: 'user' as const, content: 'hi' }]
const seen = () => upstream.seen.at(-1)!

test('Gemini is called in its project and place, with the identity of the machine', async () => {
  const { choices } = await openai.chat.completions.create({ model: 'gemini', messages })
  expect(choices[0]?.message.content).toBe('Hallo.')
  expect(seen().path).toBe(`${place}/google/models/gemini-2.5-flash:generateContent`)
  expect(seen().headers.authorization).toMatch(/^Bearer token-\d+$/)
  expect((await google.models.generateContent({ model: 'gemini', contents: 'hi' })).text).toBe('Hallo.')
})

test('tokens are fetched anew before they end, beside the requests (wire 76)', async () => {
  const before = tokens
  await until(() => tokens > before + 1, 25_000)
  await openai.chat.completions.create({ model: 'gemini', messages })
  expect(Number(/token-(\d+)/.exec(seen().headers.authorization ?? '')?.[1])).toBeGreaterThan(before)
}, 30_000)

test('Claude is called with its version in the body and its model in the path, whole and streamed', async () => {
  script = () => ({ pieces: [JSON.stringify(message)] })
  const { choices } = await openai.chat.completions.create({ model: 'claude', messages })
  expect(choices[0]?.message.content).toBe('Bonjour.')
  expect(seen().path).toBe(`${place}/anthropic/models/${encodeURIComponent(claude)}:rawPredict`)
  expect(seen().body).toMatchObject({ anthropic_version: 'vertex-2023-10-16', messages: [{ role: 'user' }] })
  expect(seen().body).not.toHaveProperty('model')
  script = () => ({
    headers: { 'content-type': 'text/event-stream' },
    pieces: namedEvents([
      { type: 'message_start', message: { ...message, content: [] } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Bonjour.' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ]),
  })
  const said = await anthropic.messages.stream({ model: 'claude', max_tokens: 9, messages }).finalMessage()
  expect(said).toMatchObject({ content: [{ type: 'text', text: 'Bonjour.' }], stop_reason: 'end_turn' })
  expect(seen().path).toContain(':streamRawPredict')
})

test('beta features that are known there go along, the others are named (wire 43)', async () => {
  script = () => ({ pieces: [JSON.stringify(message)] })
  const headers = { 'anthropic-beta': 'context-1m-2025-08-07,files-api-2025-04-14' }
  const { response } = await anthropic.messages
    .create({ model: 'claude', max_tokens: 9, messages }, { headers })
    .withResponse()
  expect(seen().headers['anthropic-beta']).toBe('context-1m-2025-08-07')
  expect(response.headers.get('x-headgate-dropped-params')).toBe('files-api-2025-04-14')
})

test('embeddings are predictions there, for callers of both APIs', async () => {
  const prediction = { embeddings: { values: [0.5, 0.25], statistics: { token_count: 3 } } }
  script = () => ({ pieces: [JSON.stringify({ predictions: [prediction] })] })
  const { data, usage } = await openai.embeddings.create({ model: 'embedder', input: 'hi', encoding_format: 'float' })
  expect([data[0]?.embedding, usage.prompt_tokens]).toEqual([[0.5, 0.25], 3])
  expect(seen().path).toBe(`${place}/google/models/text-embedding-005:predict`)
  expect(seen().body).toEqual({ instances: [{ content: 'hi' }] })
  const embedded = await google.models.embedContent({ model: 'embedder', contents: 'hi' })
  expect(embedded.embeddings?.[0]?.values).toEqual([0.5, 0.25])
})

test('a key stands in the place of an identity, and a 429 without a wait is a 429 (wire 76)', async () => {
  script = () => ({ status: 429, pieces: ['[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"No."}}]'] })
  await expect(openai.chat.completions.create({ model: 'keyed', messages })).rejects.toMatchObject({ status: 429 })
  expect(seen().headers['x-goog-api-key']).toBe('vertex-canary')
  expect(seen().path).toContain('/locations/global/publishers/google/')
  expect(gateway.output()).not.toMatch(/vertex-canary|token-\d/)
})
