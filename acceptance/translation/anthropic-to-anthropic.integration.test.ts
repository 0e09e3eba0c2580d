// Anthropic callers of an Anthropic upstream: bytes pass through, with everything that its SDK reads.
import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { eventStream, namedEvents } from '../scripted-upstream.ts'
import { claudeEvents, claudeUsage, hi } from './answers.ts'
import { startTranslationRig, type TranslationRig } from './translation-rig.ts'

let rig: TranslationRig
beforeAll(async () => {
  rig = await startTranslationRig()
})
afterAll(() => rig?.stop())
beforeEach(() => rig.reset())

test('bytes pass through, with version, betas and the mark of a beta request (wire 15, 43)', async () => {
  const text =
    '{ "model" : "claude","max_tokens":10,\n"messages":[{"role":"user","content":"hi"}],"big":12345678901234567890 }'
  const response = await fetch(`${rig.gateway.base}/v1/messages?beta=true`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-key': rig.secret,
      'anthropic-version': '2023-01-01',
      'anthropic-beta': 'a-1,b-2',
    },
    body: text,
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('request-id')).toBe(response.headers.get('x-request-id'))
  expect(await response.json()).toMatchObject({ id: 'msg_1', usage: claudeUsage })
  const { path, headers, body } = rig.claude.seen[0]!
  expect([path, headers['anthropic-version'], headers['anthropic-beta']]).toEqual([
    ...['/v1/messages?beta=true', '2023-01-01', 'a-1,b-2'],
  ])
  expect(body.model).toBe('claude-sonnet-4-5')
  const record = await rig.recordOf(response.headers.get('x-request-id')!)
  expect(record).toMatchObject({ inputTokens: 140, outputTokens: 7, cachedTokens: 100, estimated: false })
})

test('what Anthropic says of its limits reaches its SDK, with answers and with refusals (wire 49)', async () => {
  const limits = { 'anthropic-ratelimit-requests-remaining': '7', 'Anthropic-RateLimit-Unified-Status': 'allowed' }
  const told = { 'anthropic-ratelimit-requests-remaining': '7', 'anthropic-ratelimit-unified-status': 'allowed' }
  const seen = (headers: Headers) => Object.fromEntries(Object.keys(told).map((name) => [name, headers.get(name)]))
  const body = { model: 'claude', max_tokens: 9, messages: hi }
  rig.claudeScript = () => ({ headers: { ...eventStream, ...limits }, pieces: namedEvents(claudeEvents) })
  const streamed = await rig.anthropic.messages.create({ ...body, stream: true }).withResponse()
  for await (const _ of streamed.data);
  expect(seen(streamed.response.headers)).toEqual(told)
  const error = { type: 'error', error: { type: 'rate_limit_error', message: 'slowly' } }
  rig.claudeScript = () => ({
    status: 429,
    pieces: [JSON.stringify(error)],
    headers: { 'content-type': 'application/json', 'retry-after': '3', ...limits },
  })
  const failure = await rig.anthropic.messages.create(body).catch((caught) => caught)
  expect([failure.status, seen(failure.headers), failure.headers.get('retry-after')]).toEqual([429, told, '3'])
  expect(failure.headers.get('request-id')).toMatch(/^req_/)
})

test('so do the events of a stream', async () => {
  const pieces = namedEvents(claudeEvents)
  rig.claudeScript = () => ({ headers: eventStream, pieces })
  const { text, headers } = await rig.post('/v1/messages', {
    model: 'claude',
    max_tokens: 9,
    messages: hi,
    stream: true,
  })
  expect(text).toBe(pieces.join(''))
  const record = await rig.recordOf(headers.get('x-request-id')!)
  expect(record).toMatchObject({ stream: true, status: 'ok', inputTokens: 140, outputTokens: 7, estimated: false })
})

test('a stream that ends without message_stop was cut (wire 10, 48)', async () => {
  rig.claudeScript = () => ({ headers: eventStream, pieces: namedEvents(claudeEvents.slice(0, -1)), pauseMs: 5 })
  const { text } = await rig.post('/v1/messages', { model: 'claude', max_tokens: 9, messages: hi, stream: true })
  expect(text.trim().split('\n\n').pop()).toMatch(/^event: error/)
})

test('tokens are counted by the provider (wire 47)', async () => {
  rig.claudeScript = () => ({ pieces: ['{"input_tokens":42}'] })
  const headers = { 'anthropic-beta': 'token-counting-1' }
  const told = await rig.anthropic.messages.countTokens({ model: 'claude', messages: hi }, { headers })
  expect(rig.claude.seen[0]!.headers['anthropic-beta']).toBe('token-counting-1')
  expect(told.input_tokens).toBe(42)
  expect(rig.claude.seen[0]!.path).toBe('/v1/messages/count_tokens')
})

test('models are listed as its SDK reads them', async () => {
  const names: string[] = []
  for await (const model of rig.anthropic.models.list()) names.push(model.id)
  expect(names).toContain('claude')
  expect(await rig.anthropic.models.retrieve('claude')).toMatchObject({ type: 'model', id: 'claude' })
})

test('both forms of a credential are taken (wire 50)', async () => {
  const bearer = new Anthropic({ authToken: rig.secret, apiKey: null, baseURL: rig.gateway.base, maxRetries: 0 })
  expect((await bearer.messages.create({ model: 'claude', max_tokens: 9, messages: hi })).id).toBe('msg_1')
})

test('an overloaded upstream is told as Anthropic tells it', async () => {
  rig.claudeScript = () => ({
    status: 529,
    pieces: ['{"type":"error","error":{"type":"overloaded_error","message":"no"}}'],
  })
  const told = await rig.post('/v1/messages', { model: 'claude', max_tokens: 9, messages: hi })
  expect(told.status).toBe(529)
  expect(JSON.parse(told.text).error.type).toBe('overloaded_error')
})
