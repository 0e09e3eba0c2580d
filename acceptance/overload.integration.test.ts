// Upstreams that are overloaded or limit the rate, and what the official SDKs make of what they are told then.
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { busyness } from '../shared/test-load.ts'
import { ask, type Gateway, startGateway } from './gateway.ts'
import {
  eventStream,
  namedEvents,
  type ScriptedAnswer,
  type ScriptedUpstream,
  startScriptedUpstream,
} from './scripted-upstream.ts'

let script: (index: number) => ScriptedAnswer
let upstream: ScriptedUpstream
let gateway: Gateway
let secret: string

beforeAll(async () => {
  upstream = await startScriptedUpstream((_request, index) => script(index))
  const credentials = [{ name: 'main', apiKey: 'sk-canary' }]
  const targets = [{ provider: 'claude', model: 'claude-sonnet-4-5' }]
  gateway = await startGateway({
    config: {
      providers: { claude: { kind: 'anthropic', baseUrl: upstream.url, credentials } },
      models: {
        smart: { targets },
        once: { targets, retries: { attempts: 0 } },
        patient: { targets, retries: { attempts: 2 } },
      },
    },
  })
  secret = (await gateway.issueKey()).secret
})
beforeEach(() => {
  upstream.seen.length = 0
})
afterAll(async () => {
  await gateway.stop()
  await upstream.stop()
})

// Anthropic's own words (https://platform.claude.com/docs/en/api/errors).
const overloaded: ScriptedAnswer = {
  status: 529,
  pieces: [JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })],
}
const limited: ScriptedAnswer = {
  status: 429,
  pieces: [JSON.stringify({ type: 'error', error: { type: 'rate_limit_error', message: 'Slow down' } })],
}
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content: [] }
const served: ScriptedAnswer = {
  headers: eventStream,
  pieces: namedEvents([
    { type: 'message_start', message: { ...message, usage: { input_tokens: 3, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ]),
}

const input = [{ role: 'user' as const, content: 'hi' }]
const claudeRequest = { model: 'smart', max_tokens: 10, messages: input }

function post(path: string, model: string) {
  const headers = { authorization: `Bearer ${secret}` }
  return ask(`${gateway.base}${path}`, 'POST', { ...claudeRequest, model }, headers)
}

function hints({ headers }: { headers: Headers }) {
  return { retry: headers.get('x-should-retry'), ms: Number(headers.get('retry-after-ms')) }
}

test('three 529 in a row do not end a turn of the Anthropic SDK', async () => {
  script = (index) => (index < 3 ? overloaded : served)
  const anthropic = new Anthropic({ apiKey: secret, baseURL: gateway.base })
  const final = await anthropic.messages.stream(claudeRequest).finalMessage()
  expect(final.content).toMatchObject([{ type: 'text', text: 'Hello' }])
  expect(upstream.seen).toHaveLength(4)
})

test('nor one of the OpenAI SDK', async () => {
  script = (index) => (index < 3 ? overloaded : served)
  const openai = new OpenAI({ apiKey: secret, baseURL: `${gateway.base}/v1` })
  const stream = await openai.chat.completions.create({ model: 'smart', messages: input, stream: true })
  let text = ''
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? ''
  expect(text).toBe('Hello')
})

test('the second try comes after half a second at least, and the third after one more', async () => {
  const atMs: number[] = []
  script = () => {
    atMs.push(performance.now())
    return overloaded
  }
  await post('/v1/messages', 'patient')
  const [first = 0, second = 0, third = 0] = atMs
  expect(second - first).toBeGreaterThanOrEqual(480)
  expect(third - second).toBeGreaterThanOrEqual(980)
})

test.each([
  ['/v1/messages', 529, 'overloaded_error'],
  ['/v1/chat/completions', 503, 'server_error'],
])('an overload at %s is a %i with a wait', async (path, status, type) => {
  script = () => overloaded
  const told = await post(path, 'once')
  expect([told.status, told.json.error.type]).toEqual([status, type])
  const { retry, ms } = hints(told)
  expect(retry).toBe('true')
  expect(ms).toBeGreaterThanOrEqual(2_000)
  expect(ms).toBeLessThan(3_000 * busyness())
})

test('a 503 with a longer wait is not tried again here, and its wait is passed on', async () => {
  script = () => ({ ...overloaded, status: 503, headers: { 'content-type': 'application/json', 'retry-after': '7' } })
  const told = await post('/v1/chat/completions', 'smart')
  expect([told.status, told.json.error.code, upstream.seen.length]).toEqual([503, 'overloaded', 1])
  const { retry, ms } = hints(told)
  expect([retry, Math.floor(ms / 10_500)]).toEqual(['true', 0])
  expect(ms).toBeGreaterThanOrEqual(7_000)
})

test('a limit after an overload is an overload, and limits alone are a limit', async () => {
  script = (index) => (index === 0 ? overloaded : limited)
  const mixed = await post('/v1/messages', 'smart')
  expect([mixed.status, hints(mixed).retry]).toEqual([529, 'true'])
  script = () => limited
  const told = await post('/v1/messages', 'once')
  expect([told.status, told.json.error.type, hints(told).retry]).toEqual([429, 'rate_limit_error', 'true'])
})

test('another failure is not for the caller to try again', async () => {
  script = () => ({ ...overloaded, status: 500, pieces: ['{}'] })
  const told = await post('/v1/messages', 'once')
  expect([told.status, hints(told).retry]).toEqual([502, 'false'])
})

test('a pause that the caller has no time for is not made', async () => {
  script = () => overloaded
  const startedMs = performance.now()
  const headers = { authorization: `Bearer ${secret}`, 'x-headgate-timeout': '400ms' }
  const told = await ask(`${gateway.base}/v1/messages`, 'POST', claudeRequest, headers)
  expect([told.status, upstream.seen.length]).toEqual([529, 1])
  expect(performance.now() - startedMs).toBeLessThan(450 * busyness())
})
