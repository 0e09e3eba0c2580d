// What an answer cost: told in its header and in its record alike, whole and streamed, passed through and translated.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, type Gateway } from './gateway.ts'
import { type ScriptedGateway, startScriptedGateway } from './scripted-gateway.ts'
import { dataEvents, eventStream, type ScriptedAnswer } from './scripted-upstream.ts'

let rig: ScriptedGateway
let gateway: Gateway
let secret: string
let script: ScriptedAnswer
let asked = 0

beforeAll(async () => {
  rig = await startScriptedGateway(
    () => script,
    (url) => {
      const credentials = [{ name: 'main', apiKey: 'k' }]
      const rates = { inputPerMTok: 1_000, outputPerMTok: 2_000 }
      const tiers = { flex: { inputPerMTok: 500, outputPerMTok: 1_000 } }
      const price = { ...rates, audioInputPerMTok: 5_000, tiers, perWebSearch: 0.01 }
      return {
        config: {
          providers: {
            own: { kind: 'openai', baseUrl: `${url}/v1`, credentials },
            anthropic: { kind: 'anthropic', baseUrl: url, credentials },
            gemini: { kind: 'gemini', baseUrl: url, credentials },
          },
          models: {
            priced: { targets: [{ provider: 'own', model: 'x', price }] },
            unpriced: { targets: [{ provider: 'own', model: 'x' }] },
          },
        },
      }
    },
  )
  ;({ gateway, secret } = rig)
})
afterAll(() => rig?.stop())

const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 }
const chunk = (delta: object, finish_reason: string | null, more: object = {}) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'x',
  choices: [{ index: 0, delta, finish_reason }],
  ...more,
})
const chat = (more: object) => ({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage,
  ...more,
})
const message = (more: object) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'x',
  content: [{ type: 'text', text: 'hi' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1_000, output_tokens: 400, ...more },
})
const heard = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'hi' }] }, finishReason: 'STOP', index: 0 }],
  usageMetadata: {
    promptTokenCount: 11_000,
    promptTokensDetails: [{ modality: 'AUDIO', tokenCount: 10_000 }],
    candidatesTokenCount: 100,
    totalTokenCount: 11_100,
  },
}
const sound = { ...usage, prompt_tokens_details: { audio_tokens: 60 } }
const searched = { server_tool_use: { web_search_requests: 3 } }
const messages = [{ role: 'user', content: 'hi' }]
const contents = [{ role: 'user', parts: [{ text: 'hi' }] }]
const generate = '/v1beta/models/gemini/gemini-2.5-flash:generateContent'

const whole: [what: string, path: string, body: object, answer: object, usd: number | undefined][] = [
  ['standard', '/v1/chat/completions', { model: 'priced', messages }, chat({}), 0.12],
  ['flex', '/v1/chat/completions', { model: 'priced', messages }, chat({ service_tier: 'flex' }), 0.06],
  ['asked flex', '/v1/chat/completions', { model: 'priced', messages, service_tier: 'flex' }, chat({}), 0.06],
  [
    'asked flex, got standard',
    '/v1/chat/completions',
    { model: 'priced', messages, service_tier: 'flex' },
    chat({ service_tier: 'default' }),
    0.12,
  ],
  [
    'flex, translated',
    '/v1/messages',
    { model: 'priced', messages, max_tokens: 9 },
    chat({ service_tier: 'flex' }),
    0.06,
  ],
  ['sound', '/v1/chat/completions', { model: 'priced', messages }, chat({ usage: sound }), 0.36],
  [
    'no price',
    '/v1/chat/completions',
    { model: 'unpriced', messages },
    chat({ usage: { ...usage, cost: 1 } }),
    undefined,
  ],
  [
    'searches',
    '/v1/messages',
    { model: 'anthropic/claude-sonnet-4-5', messages, max_tokens: 9 },
    message(searched),
    0.039,
  ],
  [
    'searches, translated',
    '/v1/chat/completions',
    { model: 'anthropic/claude-sonnet-4-5', messages },
    message(searched),
    0.039,
  ],
  [
    'fast mode',
    '/v1/messages',
    { model: 'anthropic/claude-opus-4-8', messages, max_tokens: 9, speed: 'fast' },
    message({ speed: 'fast', service_tier: 'standard' }),
    0.03,
  ],
  ['sound at Google', generate, { contents }, heard, 0.01055],
  [
    'sound at Google, translated',
    '/v1/chat/completions',
    { model: 'gemini/gemini-2.5-flash', messages },
    heard,
    0.01055,
  ],
]

test.each(whole)('a whole answer: %s', async (_, path, body, answer, usd) => {
  script = { pieces: [JSON.stringify(answer)] }
  const { headers, record } = await askFor(path, body)
  expect(headers.get('x-headgate-cost-usd') ?? undefined).toBe(usd === undefined ? undefined : String(usd))
  expect(record).toMatchObject({ costUsd: usd ?? 0, unpriced: usd === undefined })
})

const words = chunk({ role: 'assistant', content: 'hi' }, null)
const streams: [what: string, chunks: object[], usd: number][] = [
  [
    'in the last choice',
    [words, { ...chunk({}, 'stop'), choices: [{ ...chunk({}, 'stop').choices[0], usage }] }],
    0.12,
  ],
  ['of Groq', [words, chunk({}, 'stop', { x_groq: { id: 'r', usage } })], 0.12],
  ['with its tier', [words, chunk({}, 'stop'), { ...chunk({}, null), choices: [], usage, service_tier: 'flex' }], 0.06],
  ['with a tier at its begin', [{ ...words, service_tier: 'flex' }, chunk({}, 'stop', { usage })], 0.06],
  ['with sound', [words, chunk({}, 'stop', { usage: sound })], 0.36],
]

test.each(
  streams.flatMap(([what, chunks, usd]) =>
    ['/v1/chat/completions', '/v1/messages'].map((path) => [what, path, chunks, usd] as const),
  ),
)('the usage of a stream: %s, %s', async (_, path, chunks, usd) => {
  script = { headers: eventStream, pieces: dataEvents(chunks) }
  const { record } = await askFor(path, { model: 'priced', messages, max_tokens: 9, stream: true })
  expect(record).toMatchObject({ costUsd: usd, estimated: false, inputTokens: 100, outputTokens: 10 })
})

async function askFor(path: string, body: object) {
  const id = `costs-${asked++}`
  const headers = { authorization: `Bearer ${secret}`, 'x-request-id': id }
  const answer = await ask(`${gateway.base}${path}`, 'POST', body, headers)
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
  const recordOf = async () => (await gateway.admin('GET', `/requests/${id}`)).json
  await expect.poll(async () => (await recordOf()).id, { timeout: 60_000, interval: 100 }).toBe(id)
  return { headers: answer.headers, record: await recordOf() }
}
