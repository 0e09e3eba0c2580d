// OpenAI callers of an Anthropic upstream: what crosses over, what is left out or refused, and how errors are told.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { hi } from './answers.ts'
import { startTranslationRig, type TranslationRig } from './translation-rig.ts'

let rig: TranslationRig
beforeAll(async () => {
  rig = await startTranslationRig()
})
afterAll(() => rig?.stop())
beforeEach(() => rig.reset())

test('get each what they understand', async () => {
  const { data, response } = await rig.openai.chat.completions
    .create({
      model: 'claude',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'hi' },
      ],
      temperature: 0.5,
      stop: ['END'],
    })
    .withResponse()
  expect(data.choices[0]?.message.content).toBe('Hello from Claude.')
  expect(data.choices[0]?.finish_reason).toBe('stop')
  expect(data.model).toBe('claude-sonnet-4-5-20250929')
  expect(data.usage).toMatchObject({ prompt_tokens: 140, completion_tokens: 7, total_tokens: 147 })
  expect(response.headers.get('x-headgate-provider')).toBe('claude')
  const { path, headers, body } = rig.claude.seen[0]!
  expect(path).toBe('/v1/messages')
  expect([headers['x-api-key'], headers['anthropic-version'], headers['authorization']]).toEqual([
    'sk-ant-canary',
    '2023-06-01',
    undefined,
  ])
  expect(body).toEqual({
    model: 'claude-sonnet-4-5',
    max_tokens: 64_000, // what the catalogue says (wire 80)
    system: [{ type: 'text', text: 'Be brief.' }],
    messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
    temperature: 0.5,
    stop_sequences: ['END'],
  })
})

test('every token is counted once, and priced by what it was (wire 69, 99, 100)', async () => {
  const { status, headers } = await rig.post('/v1/chat/completions', { model: 'claude', messages: hi })
  expect(status).toBe(200)
  const cost = (10 * 3 + 100 * 0.3 + 30 * 3.75 + 7 * 15) / 1e6
  expect(Number(headers.get('x-headgate-cost-usd'))).toBeCloseTo(cost, 12)
  const record = await rig.recordOf(headers.get('x-request-id')!)
  expect(record).toMatchObject({
    status: 'ok',
    inputTokens: 140,
    outputTokens: 7,
    cachedTokens: 100,
    estimated: false,
  })
})

test('a tool that OpenAI runs goes to no other provider (wire 57)', async () => {
  const asked = rig.openai.responses.create({
    model: 'claude',
    input: 'hi',
    store: false,
    tools: [{ type: 'web_search' }],
  })
  await expect(asked).rejects.toMatchObject({ status: 400, message: expect.stringContaining('web_search') })
  expect(rig.claude.seen).toHaveLength(0)
})

test('an id that makes a request one, and the place in a trace, go on to any upstream (wire 97)', async () => {
  const trace = {
    'idempotency-key': 'once-1',
    tracestate: 'a=1',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  }
  const { response } = await rig.openai.chat.completions
    .create({ model: 'claude', messages: hi }, { headers: { ...trace, 'x-request-id': 'my-own-id-7' } })
    .withResponse()
  expect(response.headers.get('x-request-id')).toBe('my-own-id-7')
  expect(rig.claude.seen[0]!.headers).toMatchObject(trace)
})

test('what the upstream cannot take is left out and named', async () => {
  const { status, headers } = await rig.post('/v1/chat/completions', {
    model: 'claude',
    messages: hi,
    seed: 1,
    logit_bias: { 50256: -100 },
    top_k: 7,
    vendor_knob: true,
  })
  expect(status).toBe(200)
  expect(headers.get('x-headgate-dropped-params')).toBe('seed, logit_bias, vendor_knob')
  expect(rig.claude.seen[0]!.body).toMatchObject({ top_k: 7 })
})

test.each([
  ['the request', 'claude', { 'x-headgate-strict': 'true' }],
  ['the model', 'strict', {}],
])('in the strict mode of %s it is refused, with models that could', async (_whose, model, headers) => {
  const told = await rig.post('/v1/chat/completions', { model, messages: hi, seed: 1 }, { headers })
  expect(told.status).toBe(400)
  const { error } = JSON.parse(told.text)
  expect([error.code, error.param]).toEqual(['unsupported_parameter', 'seed'])
  expect(error.message).toMatch(/`seed`.*could: .*`gpt`/)
  expect(rig.claude.seen).toHaveLength(0)
})

test('a capability that is missing is refused with its name, and models that have it', async () => {
  const told = await rig.post('/v1/chat/completions', { model: 'claude', messages: hi, n: 2 })
  expect(told.status).toBe(400)
  const { error } = JSON.parse(told.text)
  expect(error.code).toBe('unsupported_capability')
  expect(error.message).toMatch(/several choices \(`n`\).*could: .*`gpt`/)
})

test('a target that lacks a capability is passed over, at the cost of no attempt', async () => {
  const { status, headers } = await rig.post('/v1/chat/completions', { model: 'both', messages: hi, n: 2 })
  expect([status, headers.get('x-headgate-provider'), headers.get('x-headgate-attempts')]).toEqual([200, 'gpt', '1'])
  expect(rig.claude.seen).toHaveLength(0)
})

test('what cannot be read is told with its place', async () => {
  const messages = [{ role: 'user', content: [{ type: 'text', text: 7 }] }]
  const told = await rig.post('/v1/chat/completions', { model: 'claude', messages })
  expect(told.status).toBe(400)
  expect(JSON.parse(told.text).error).toMatchObject({ code: 'invalid_value', param: 'messages[0].content[0].text' })
})

test('what the upstream refuses is told in the words and the shape of each (wire 91)', async () => {
  const error = { type: 'invalid_request_error', message: 'max_tokens: too many' }
  rig.claudeScript = () => ({ status: 400, pieces: [JSON.stringify({ type: 'error', error, request_id: 'r' })] })
  const told = await rig.post('/v1/chat/completions', { model: 'claude', messages: hi })
  expect(told.status).toBe(400)
  expect(JSON.parse(told.text)).toEqual({
    error: {
      message: 'max_tokens: too many',
      type: 'invalid_request_error',
      param: null,
      code: 'invalid_request_error',
    },
  })
})

test.each([
  [401, 'authentication_error', 502, 'upstream_auth'],
  [429, 'rate_limit_error', 429, 'rate_limit_exceeded'],
  [529, 'overloaded_error', 503, 'overloaded'],
])('an upstream that answers %i (%s) is told as %i %s', async (status, type, expected, code) => {
  const body = JSON.stringify({ type: 'error', error: { type, message: 'no' } })
  rig.claudeScript = () => ({ status, pieces: [body] })
  const told = await rig.post('/v1/chat/completions', { model: 'claude', messages: hi })
  expect([told.status, JSON.parse(told.text).error.code]).toEqual([expected, code])
})

test.each([
  ['an HTML page', '<html>Bad gateway</html>', 'text/html'],
  ['nothing', '', 'application/json'],
  ['a text', 'go away', 'text/plain'],
])('%s in the place of an error is an error all the same (wire 16)', async (_what, text, type) => {
  rig.claudeScript = () => ({ status: 400, headers: { 'content-type': type }, pieces: [text] })
  const told = await rig.post('/v1/chat/completions', { model: 'claude', messages: hi })
  expect(told.status).toBe(400)
  expect(JSON.parse(told.text).error.message).toMatch(text === 'go away' ? /go away/ : /gave no reason/)
})

test.each(['{"type":"message"}', '[]', 'null', 'hello', ''])('%j in the place of an answer is none', async (text) => {
  rig.claudeScript = () => ({ pieces: [text] })
  const told = await rig.post('/v1/chat/completions', { model: 'claude', messages: hi })
  expect([told.status, JSON.parse(told.text).error.code]).toEqual([502, 'upstream_protocol_error'])
})
