// Callers of one dialect, upstreams of another: what crosses over, and what is told about what cannot.
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Gateway, startGateway } from './gateway.ts'
import {
  dataEvents,
  eventStream,
  namedEvents,
  type ScriptedAnswer,
  type ScriptedUpstream,
  type SeenRequest,
  startScriptedUpstream,
} from './scripted-upstream.ts'
import { until } from './until.ts'

type Script = (request: SeenRequest) => ScriptedAnswer
let claudeScript: Script
let gptScript: Script
let claude: ScriptedUpstream
let gpt: ScriptedUpstream
let gateway: Gateway
let secret: string
let openai: OpenAI
let anthropic: Anthropic

const price = {
  inputPerMTok: 3,
  outputPerMTok: 15,
  cachedInputPerMTok: 0.3,
  cacheWritePerMTok: 3.75,
  cacheWrite1hPerMTok: 6,
}

beforeAll(async () => {
  claude = await startScriptedUpstream((request) => claudeScript(request))
  gpt = await startScriptedUpstream((request) => gptScript(request))
  const one = (provider: string, model: string, more: object = {}) => ({
    targets: [{ provider, model, price }],
    retries: { attempts: 0 },
    ...more,
  })
  gateway = await startGateway({
    config: {
      providers: {
        claude: { kind: 'anthropic', baseUrl: claude.url, credentials: [{ name: 'main', apiKey: 'sk-ant-canary' }] },
        gpt: { kind: 'openai', baseUrl: `${gpt.url}/v1`, credentials: [{ name: 'main', apiKey: 'sk-canary' }] },
      },
      models: {
        claude: one('claude', 'claude-sonnet-4-5'),
        gpt: one('gpt', 'gpt-x'),
        'older-claude': one('claude', 'claude-sonnet-4-20250514'),
        strict: one('claude', 'claude-sonnet-4-5', { strict: true }),
        'claude-then-gpt': one('claude', 'claude-sonnet-4-5', { fallbacks: ['gpt'] }),
        'gpt-then-claude': one('gpt', 'gpt-x', { fallbacks: ['claude'] }),
        both: {
          targets: [
            { provider: 'claude', model: 'claude-sonnet-4-5' },
            { provider: 'gpt', model: 'gpt-x' },
          ],
          routing: 'priority',
          retries: { attempts: 0 },
        },
      },
    },
  })
  secret = (await gateway.issueKey()).secret
  openai = new OpenAI({ apiKey: secret, baseURL: `${gateway.base}/v1`, maxRetries: 0 })
  anthropic = new Anthropic({ apiKey: secret, baseURL: gateway.base, maxRetries: 0 })
})
afterAll(async () => {
  await gateway?.stop()
  await claude?.stop()
  await gpt?.stop()
})
beforeEach(() => {
  claude.seen.length = 0
  gpt.seen.length = 0
  claudeScript = () => message()
  gptScript = () => completion()
})

const claudeUsage = {
  input_tokens: 10,
  cache_read_input_tokens: 100,
  cache_creation_input_tokens: 30,
  output_tokens: 7,
}

function message(more: object = {}): ScriptedAnswer {
  const content = [{ type: 'text', text: 'Hello from Claude.' }]
  const base = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5-20250929', content }
  return {
    pieces: [JSON.stringify({ ...base, stop_reason: 'end_turn', stop_sequence: null, usage: claudeUsage, ...more })],
  }
}

function completion(more: object = {}): ScriptedAnswer {
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Hello from GPT.' }, finish_reason: 'stop' }]
  const usage = {
    prompt_tokens: 20,
    completion_tokens: 5,
    total_tokens: 25,
    prompt_tokens_details: { cached_tokens: 8 },
  }
  return {
    pieces: [
      JSON.stringify({ id: 'c1', object: 'chat.completion', created: 1, model: 'gpt-x-2', choices, usage, ...more }),
    ],
  }
}

const claudeEvents = [
  { type: 'message_start', message: { id: 'msg_1', model: 'claude-x', usage: { ...claudeUsage, output_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'ping' },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello, ' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Welt 🗼' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 7 } },
  { type: 'message_stop' },
]

const chunk = (delta: object, finish: string | null = null, more: object = {}) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-x-2',
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more,
})
const gptEvents = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'Hello ' }),
  chunk({ content: 'from GPT.' }),
  chunk({}, 'stop'),
  { ...chunk({}), choices: [], usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 } },
]

const hi = [{ role: 'user' as const, content: 'hi' }]

/** `onBegun` is called when the answer has begun. The head of a stream goes out with its first events. */
async function post(path: string, body: object, headers: Record<string, string> = {}, onBegun?: () => void) {
  const response = await fetch(`${gateway.base}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}`, ...headers },
    body: JSON.stringify(body),
  })
  onBegun?.()
  const text = await response.text()
  return { status: response.status, headers: response.headers, text }
}

async function recordOf(requestId: string) {
  const ask = () => gateway.admin('GET', `/requests/${requestId}`)
  await until(async () => (await ask()).status === 200, 10_000)
  return (await ask()).json
}

describe('an OpenAI caller and an Anthropic upstream', () => {
  test('get each what they understand', async () => {
    const { data, response } = await openai.chat.completions
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
    const { path, headers, body } = claude.seen[0]!
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
    const { status, headers } = await post('/v1/chat/completions', { model: 'claude', messages: hi })
    expect(status).toBe(200)
    const cost = (10 * 3 + 100 * 0.3 + 30 * 3.75 + 7 * 15) / 1e6
    expect(Number(headers.get('x-headgate-cost-usd'))).toBeCloseTo(cost, 12)
    const record = await recordOf(headers.get('x-request-id')!)
    expect(record).toMatchObject({
      status: 'ok',
      inputTokens: 140,
      outputTokens: 7,
      cachedTokens: 100,
      estimated: false,
    })
  })

  test('a stream comes with role, one finish reason, usage if asked for, and its end (wire 4, 17, 18, 25)', async () => {
    claudeScript = () => ({ headers: eventStream, pieces: namedEvents(claudeEvents) })
    const body = { model: 'claude', stream: true, stream_options: { include_usage: true }, messages: hi }
    const { text, headers } = await post('/v1/chat/completions', body)
    expect(headers.get('content-type')).toBe('text/event-stream')
    const events = text.split('\n\n').filter((event) => event !== '')
    expect(events.pop()).toBe('data: [DONE]')
    const chunks = events.map((event) => JSON.parse(event.slice(6)))
    expect(chunks.map(({ choices }) => choices[0]?.delta)).toEqual([
      { role: 'assistant', content: 'Hello, ' },
      { content: 'Welt 🗼' },
      {},
      undefined,
    ])
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([null, null, 'stop', undefined])
    expect(chunks[3]).toMatchObject({ choices: [], usage: { prompt_tokens: 140, completion_tokens: 7 } })
    const record = await recordOf(headers.get('x-request-id')!)
    expect(record).toMatchObject({ stream: true, inputTokens: 140, outputTokens: 7, cachedTokens: 100 })
  })

  test('a stream says what it is to whatever stands between, and an error is no stream (wire 7)', async () => {
    claudeScript = () => ({ headers: eventStream, pieces: namedEvents(claudeEvents) })
    const body = { model: 'claude', messages: hi, stream: true }
    const { headers } = await post('/v1/chat/completions', body)
    expect(['content-type', 'cache-control', 'x-accel-buffering'].map((name) => headers.get(name))).toEqual([
      ...['text/event-stream', 'no-cache', 'no'],
    ])
    claudeScript = () => ({
      status: 400,
      pieces: ['{"type":"error","error":{"type":"invalid_request_error","message":"no"}}'],
    })
    const refused = await post('/v1/chat/completions', body)
    expect([refused.status, refused.headers.get('content-type')]).toEqual([400, 'application/json'])
  })

  test('a tool that OpenAI runs goes to no other provider (wire 57)', async () => {
    const asked = openai.responses.create({
      model: 'claude',
      input: 'hi',
      store: false,
      tools: [{ type: 'web_search' }],
    })
    await expect(asked).rejects.toMatchObject({ status: 400, message: expect.stringContaining('web_search') })
    expect(claude.seen).toHaveLength(0)
  })

  test('an id that makes a request one, and the place in a trace, go on to any upstream (wire 97)', async () => {
    const trace = {
      'idempotency-key': 'once-1',
      tracestate: 'a=1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    }
    const { response } = await openai.chat.completions
      .create({ model: 'claude', messages: hi }, { headers: { ...trace, 'x-request-id': 'my-own-id-7' } })
      .withResponse()
    expect(response.headers.get('x-request-id')).toBe('my-own-id-7')
    expect(claude.seen[0]!.headers).toMatchObject(trace)
  })

  test('what the upstream cannot take is left out and named', async () => {
    const { status, headers } = await post('/v1/chat/completions', {
      model: 'claude',
      messages: hi,
      seed: 1,
      logit_bias: { 50256: -100 },
      top_k: 7,
      vendor_knob: true,
    })
    expect(status).toBe(200)
    expect(headers.get('x-headgate-dropped-params')).toBe('seed, logit_bias, vendor_knob')
    expect(claude.seen[0]!.body).toMatchObject({ top_k: 7 })
  })

  test.each([
    ['the request', 'claude', { 'x-headgate-strict': 'true' }],
    ['the model', 'strict', {}],
  ])('in the strict mode of %s it is refused, with models that could', async (_whose, model, headers) => {
    const told = await post('/v1/chat/completions', { model, messages: hi, seed: 1 }, headers)
    expect(told.status).toBe(400)
    const { error } = JSON.parse(told.text)
    expect([error.code, error.param]).toEqual(['unsupported_parameter', 'seed'])
    expect(error.message).toMatch(/`seed`.*could: .*`gpt`/)
    expect(claude.seen).toHaveLength(0)
  })

  test('a capability that is missing is refused with its name, and models that have it', async () => {
    const told = await post('/v1/chat/completions', { model: 'claude', messages: hi, n: 2 })
    expect(told.status).toBe(400)
    const { error } = JSON.parse(told.text)
    expect(error.code).toBe('unsupported_capability')
    expect(error.message).toMatch(/several choices \(`n`\).*could: .*`gpt`/)
  })

  test('a target that lacks a capability is passed over, at the cost of no attempt', async () => {
    const { status, headers } = await post('/v1/chat/completions', { model: 'both', messages: hi, n: 2 })
    expect([status, headers.get('x-headgate-provider'), headers.get('x-headgate-attempts')]).toEqual([200, 'gpt', '1'])
    expect(claude.seen).toHaveLength(0)
  })

  test('what cannot be read is told with its place', async () => {
    const messages = [{ role: 'user', content: [{ type: 'text', text: 7 }] }]
    const told = await post('/v1/chat/completions', { model: 'claude', messages })
    expect(told.status).toBe(400)
    expect(JSON.parse(told.text).error).toMatchObject({ code: 'invalid_value', param: 'messages[0].content[0].text' })
  })

  test('what the upstream refuses is told in the words and the shape of each (wire 91)', async () => {
    const error = { type: 'invalid_request_error', message: 'max_tokens: too many' }
    claudeScript = () => ({ status: 400, pieces: [JSON.stringify({ type: 'error', error, request_id: 'r' })] })
    const told = await post('/v1/chat/completions', { model: 'claude', messages: hi })
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
    claudeScript = () => ({ status, pieces: [body] })
    const told = await post('/v1/chat/completions', { model: 'claude', messages: hi })
    expect([told.status, JSON.parse(told.text).error.code]).toEqual([expected, code])
  })

  test.each([
    ['an HTML page', '<html>Bad gateway</html>', 'text/html'],
    ['nothing', '', 'application/json'],
    ['a text', 'go away', 'text/plain'],
  ])('%s in the place of an error is an error all the same (wire 16)', async (_what, text, type) => {
    claudeScript = () => ({ status: 400, headers: { 'content-type': type }, pieces: [text] })
    const told = await post('/v1/chat/completions', { model: 'claude', messages: hi })
    expect(told.status).toBe(400)
    expect(JSON.parse(told.text).error.message).toMatch(text === 'go away' ? /go away/ : /gave no reason/)
  })

  test.each(['{"type":"message"}', '[]', 'null', 'hello', ''])('%j in the place of an answer is none', async (text) => {
    claudeScript = () => ({ pieces: [text] })
    const told = await post('/v1/chat/completions', { model: 'claude', messages: hi })
    expect([told.status, JSON.parse(told.text).error.code]).toEqual([502, 'upstream_protocol_error'])
  })

  test('an error in the stream ends it, without [DONE] (wire 31, 48)', async () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded, sorry' } }
    const begun = Promise.withResolvers<void>()
    const pieces = [...namedEvents(claudeEvents.slice(0, 4)), begun.promise, ...namedEvents([error])]
    claudeScript = () => ({ headers: eventStream, pieces })
    const body = { model: 'claude', messages: hi, stream: true }
    const { status, text } = await post('/v1/chat/completions', body, {}, begun.resolve)
    expect(status).toBe(200)
    const last = text.trim().split('\n\n').pop()!
    expect(JSON.parse(last.slice(6)).error.message).toBe('Overloaded, sorry')
    expect(text).not.toContain('[DONE]')
  })

  test('a stream that breaks off says so (wire 10)', async () => {
    claudeScript = () => ({ headers: eventStream, pieces: namedEvents(claudeEvents.slice(0, 5)), pauseMs: 20 })
    const { text } = await post('/v1/chat/completions', { model: 'claude', messages: hi, stream: true })
    expect(text).toContain('Welt')
    expect(text).toContain('"code":"upstream_error"')
    expect(text).not.toContain('[DONE]')
  })

  test('an error in the place of the first event is another attempt, in another dialect (wire 9)', async () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    claudeScript = () => ({ headers: eventStream, pieces: namedEvents([claudeEvents[0]!, error]) })
    gptScript = () => ({ headers: eventStream, pieces: dataEvents(gptEvents) })
    const { status, text, headers } = await post('/v1/chat/completions', {
      model: 'claude-then-gpt',
      messages: hi,
      stream: true,
    })
    expect([status, headers.get('x-headgate-fallback-index')]).toEqual([200, '1'])
    expect(text).toContain('from GPT.')
    expect(text).not.toContain('Overloaded')
  })

  test('leaving a stream aborts the upstream (wire 11)', async () => {
    claudeScript = () => ({ headers: eventStream, pieces: namedEvents(claudeEvents.slice(0, 5)), hangs: true })
    const controller = new AbortController()
    const stream = await openai.chat.completions.create(
      { model: 'claude', messages: hi, stream: true },
      { signal: controller.signal },
    )
    for await (const _ of stream) break
    controller.abort()
    await until(async () => claude.seen[0]?.left === true, 20_000)
  })

  test('tools are called in a stream, and their results go back', async () => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} }
    const events = [
      claudeEvents[0]!,
      { type: 'content_block_start', index: 0, content_block: call },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"city":' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '"Paris"}' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 7 } },
      { type: 'message_stop' },
    ]
    claudeScript = ({ body }) =>
      body.stream === true ? { headers: eventStream, pieces: namedEvents(events) } : message()
    const parameters = { type: 'object', properties: { city: { type: 'string' } } }
    const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters } }]
    const asked = await openai.chat.completions.stream({ model: 'claude', messages: hi, tools }).finalChatCompletion()
    expect(asked.choices[0]?.finish_reason).toBe('tool_calls')
    const calls = asked.choices[0]!.message.tool_calls!
    expect(calls).toMatchObject([{ id: 'toolu_1', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } }])
    const answered = { role: 'tool' as const, tool_call_id: 'toolu_1', content: '21 degrees' }
    await openai.chat.completions.create({
      model: 'claude',
      tools,
      messages: [...hi, { role: 'assistant', tool_calls: calls }, answered],
    })
    expect(claude.seen[1]!.body.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Paris' } }],
      },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: '21 degrees' }] }],
      },
    ])
  })

  test('a schema is kept by a forced tool and comes back as content, streamed too (wire 82)', async () => {
    const json = '{"city":"Paris"}'
    claudeScript = ({ body }) => {
      const { name } = body.tools[0]
      const block = { type: 'tool_use', id: 'toolu_1', name, input: body.stream === true ? {} : JSON.parse(json) }
      if (body.stream !== true) return message({ content: [block], stop_reason: 'tool_use' })
      const pieces = namedEvents([
        claudeEvents[0]!,
        { type: 'content_block_start', index: 0, content_block: block },
        { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: json.slice(0, 7) } },
        { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: json.slice(7) } },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 7 } },
        { type: 'message_stop' },
      ])
      return { headers: eventStream, pieces }
    }
    const schema = { type: 'object', properties: { city: { type: 'string' } } }
    const asked = {
      model: 'older-claude',
      messages: hi,
      response_format: { type: 'json_schema' as const, json_schema: { name: 'place', schema } },
    }
    const whole = await openai.chat.completions.create(asked)
    const streamed = await openai.chat.completions.stream(asked).finalChatCompletion()
    for (const answer of [whole, streamed]) {
      expect(answer.choices[0]?.message.content).toBe(json)
      expect(answer.choices[0]?.finish_reason).toBe('stop')
      expect(answer.choices[0]?.message.tool_calls ?? []).toEqual([])
    }
    expect(claude.seen[0]!.body.tools[0].input_schema).toEqual(schema)
    expect(claude.seen[0]!.body.tool_choice).toMatchObject({ type: 'tool' })
  })
})

describe('an Anthropic caller and an OpenAI upstream', () => {
  const asked = { model: 'gpt', max_tokens: 100, messages: hi }

  test('get each what they understand', async () => {
    const answer = await anthropic.messages.create({
      ...asked,
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      metadata: { user_id: 'u1' },
    })
    expect(answer).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'gpt-x-2',
      stop_reason: 'end_turn',
      stop_sequence: null,
      content: [{ type: 'text', text: 'Hello from GPT.' }],
      usage: { input_tokens: 12, cache_read_input_tokens: 8, cache_creation_input_tokens: 0, output_tokens: 5 },
    })
    const { path, headers, body } = gpt.seen[0]!
    expect([path, headers['authorization'], headers['x-api-key']]).toEqual([
      '/v1/chat/completions',
      'Bearer sk-canary',
      undefined,
    ])
    expect(body).toEqual({
      model: 'gpt-x',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'hi' },
      ],
      max_tokens: 100,
      user: 'u1',
    })
  })

  test('a stream has its events in order, and usage in the last of them (wire 3, 32, 33)', async () => {
    gptScript = () => ({ headers: eventStream, pieces: dataEvents(gptEvents) })
    const { text } = await post('/v1/messages', { ...asked, stream: true })
    const events = text.split('\n\n').filter((event) => event !== '')
    expect(events.map((event) => /^event: (\w+)/.exec(event)?.[1])).toEqual([
      ...['message_start', 'content_block_start', 'content_block_delta', 'content_block_delta', 'content_block_stop'],
      ...['message_delta', 'message_stop'],
    ])
    const last = JSON.parse(events[5]!.split('data: ')[1]!)
    expect(last).toMatchObject({ delta: { stop_reason: 'end_turn' }, usage: { input_tokens: 20, output_tokens: 5 } })
    expect(text).not.toContain('[DONE]')
    expect(gpt.seen[0]!.body.stream_options).toEqual({ include_usage: true })
  })

  test("the SDK's stream helper assembles it", async () => {
    gptScript = () => ({ headers: eventStream, pieces: dataEvents(gptEvents) })
    const answer = await anthropic.messages.stream(asked).finalMessage()
    expect(answer.content).toMatchObject([{ type: 'text', text: 'Hello from GPT.' }])
    expect(answer.usage).toMatchObject({ input_tokens: 20, output_tokens: 5 })
  })

  test('an error in the stream is an event of that name, and no message_stop follows (wire 48)', async () => {
    const error = dataEvents([{ error: { message: 'It broke.', type: 'server_error' } }], [])
    let begun = Promise.withResolvers<void>()
    gptScript = () => ({
      headers: eventStream,
      pieces: [...dataEvents(gptEvents.slice(0, 2), []), begun.promise, ...error],
    })
    const { text } = await post('/v1/messages', { ...asked, stream: true }, {}, begun.resolve)
    const last = text.trim().split('\n\n').pop()!
    expect(last).toMatch(/^event: error\ndata: /)
    expect(JSON.parse(last.split('data: ')[1]!)).toMatchObject({
      type: 'error',
      error: { type: 'api_error', message: 'It broke.' },
    })
    expect(text).not.toContain('message_stop')
    begun = Promise.withResolvers()
    const stream = anthropic.messages.stream(asked).on('connect', begun.resolve)
    await expect(stream.finalMessage()).rejects.toThrow(/It broke/)
  })

  test.each([
    ['no key', {}, { authorization: '' }, 401, 'authentication_error'],
    ['an unknown model', { model: 'nonesuch' }, {}, 404, 'not_found_error'],
    ['no messages', { messages: [] }, {}, 400, 'invalid_request_error'],
    ['an unknown path', {}, {}, 404, 'not_found_error'],
  ])('%s is told in the shape of the caller (wire 48)', async (what, more, headers, status, type) => {
    const path = what === 'an unknown path' ? '/v1/messages/nonesuch' : '/v1/messages'
    const told = await post(path, { ...asked, ...more }, headers)
    const body = JSON.parse(told.text)
    expect([told.status, body.type, body.error.type]).toEqual([status, 'error', type])
    expect(body.request_id).toBe(told.headers.get('request-id'))
    expect(told.headers.get('x-request-id')).toBe(told.headers.get('request-id'))
  })

  test('a server tool goes to nobody else (wire 44)', async () => {
    const tools = [{ type: 'web_search_20250305', name: 'web_search' }]
    const told = await post('/v1/messages', { ...asked, tools })
    expect(told.status).toBe(400)
    expect(JSON.parse(told.text).error.message).toMatch(/hosted tools \(`web_search_20250305`\).*could: .*`claude`/)
  })

  test('thoughts of nobody known are left out of the conversation (wire 36)', async () => {
    const history = [
      ...hi,
      {
        role: 'assistant' as const,
        content: [
          { type: 'thinking' as const, thinking: 'Hm.', signature: 'EvQB' },
          { type: 'text' as const, text: 'Hello.' },
        ],
      },
      ...hi,
    ]
    await anthropic.messages.create({ ...asked, messages: history })
    expect(gpt.seen[0]!.body.messages[1]).toEqual({ role: 'assistant', content: 'Hello.' })
  })

  test('counting tokens is estimated where the provider cannot (wire 47)', async () => {
    const told = await post('/v1/messages/count_tokens', { model: 'gpt', messages: hi })
    expect(told.status).toBe(200)
    expect(JSON.parse(told.text).input_tokens).toBeGreaterThan(0)
    expect(told.headers.get('x-headgate-estimated')).toBe('true')
    expect(gpt.seen).toHaveLength(0)
  })
})

describe('an Anthropic caller and an Anthropic upstream', () => {
  test('bytes pass through, with version, betas and the mark of a beta request (wire 15, 43)', async () => {
    const text =
      '{ "model" : "claude","max_tokens":10,\n"messages":[{"role":"user","content":"hi"}],"big":12345678901234567890 }'
    const response = await fetch(`${gateway.base}/v1/messages?beta=true`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-api-key': secret,
        'anthropic-version': '2023-01-01',
        'anthropic-beta': 'a-1,b-2',
      },
      body: text,
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('request-id')).toBe(response.headers.get('x-request-id'))
    expect(await response.json()).toMatchObject({ id: 'msg_1', usage: claudeUsage })
    const { path, headers, body } = claude.seen[0]!
    expect([path, headers['anthropic-version'], headers['anthropic-beta']]).toEqual([
      ...['/v1/messages?beta=true', '2023-01-01', 'a-1,b-2'],
    ])
    expect(body.model).toBe('claude-sonnet-4-5')
    const record = await recordOf(response.headers.get('x-request-id')!)
    expect(record).toMatchObject({ inputTokens: 140, outputTokens: 7, cachedTokens: 100, estimated: false })
  })

  test('what Anthropic says of its limits reaches its SDK, with answers and with refusals (wire 49)', async () => {
    const limits = { 'anthropic-ratelimit-requests-remaining': '7', 'Anthropic-RateLimit-Unified-Status': 'allowed' }
    const told = { 'anthropic-ratelimit-requests-remaining': '7', 'anthropic-ratelimit-unified-status': 'allowed' }
    const seen = (headers: Headers) => Object.fromEntries(Object.keys(told).map((name) => [name, headers.get(name)]))
    const body = { model: 'claude', max_tokens: 9, messages: hi }
    claudeScript = () => ({ headers: { ...eventStream, ...limits }, pieces: namedEvents(claudeEvents) })
    const streamed = await anthropic.messages.create({ ...body, stream: true }).withResponse()
    for await (const _ of streamed.data);
    expect(seen(streamed.response.headers)).toEqual(told)
    const error = { type: 'error', error: { type: 'rate_limit_error', message: 'slowly' } }
    claudeScript = () => ({
      status: 429,
      pieces: [JSON.stringify(error)],
      headers: { 'content-type': 'application/json', 'retry-after': '3', ...limits },
    })
    const failure = await anthropic.messages.create(body).catch((caught) => caught)
    expect([failure.status, seen(failure.headers), failure.headers.get('retry-after')]).toEqual([429, told, '3'])
    expect(failure.headers.get('request-id')).toMatch(/^req_/)
  })

  test('so do the events of a stream', async () => {
    const pieces = namedEvents(claudeEvents)
    claudeScript = () => ({ headers: eventStream, pieces })
    const { text, headers } = await post('/v1/messages', { model: 'claude', max_tokens: 9, messages: hi, stream: true })
    expect(text).toBe(pieces.join(''))
    const record = await recordOf(headers.get('x-request-id')!)
    expect(record).toMatchObject({ stream: true, status: 'ok', inputTokens: 140, outputTokens: 7, estimated: false })
  })

  test('a stream that ends without message_stop was cut (wire 10, 48)', async () => {
    claudeScript = () => ({ headers: eventStream, pieces: namedEvents(claudeEvents.slice(0, -1)), pauseMs: 5 })
    const { text } = await post('/v1/messages', { model: 'claude', max_tokens: 9, messages: hi, stream: true })
    expect(text.trim().split('\n\n').pop()).toMatch(/^event: error/)
  })

  test('tokens are counted by the provider (wire 47)', async () => {
    claudeScript = () => ({ pieces: ['{"input_tokens":42}'] })
    const headers = { 'anthropic-beta': 'token-counting-1' }
    const told = await anthropic.messages.countTokens({ model: 'claude', messages: hi }, { headers })
    expect(claude.seen[0]!.headers['anthropic-beta']).toBe('token-counting-1')
    expect(told.input_tokens).toBe(42)
    expect(claude.seen[0]!.path).toBe('/v1/messages/count_tokens')
  })

  test('models are listed as its SDK reads them', async () => {
    const names: string[] = []
    for await (const model of anthropic.models.list()) names.push(model.id)
    expect(names).toContain('claude')
    expect(await anthropic.models.retrieve('claude')).toMatchObject({ type: 'model', id: 'claude' })
  })

  test('both forms of a credential are taken (wire 50)', async () => {
    const bearer = new Anthropic({ authToken: secret, apiKey: null, baseURL: gateway.base, maxRetries: 0 })
    expect((await bearer.messages.create({ model: 'claude', max_tokens: 9, messages: hi })).id).toBe('msg_1')
  })

  test('an overloaded upstream is told as Anthropic tells it', async () => {
    claudeScript = () => ({
      status: 529,
      pieces: ['{"type":"error","error":{"type":"overloaded_error","message":"no"}}'],
    })
    const told = await post('/v1/messages', { model: 'claude', max_tokens: 9, messages: hi })
    expect(told.status).toBe(529)
    expect(JSON.parse(told.text).error.type).toBe('overloaded_error')
  })
})

test('a fallback may cross dialects for either caller', async () => {
  claudeScript = () => ({ status: 500 })
  gptScript = () => ({ status: 500 })
  const crossed = await Promise.all([
    post('/v1/messages', { model: 'claude-then-gpt', max_tokens: 9, messages: hi }),
    post('/v1/chat/completions', { model: 'gpt-then-claude', messages: hi }),
  ])
  expect(crossed.map(({ status }) => status)).toEqual([502, 502])
  gptScript = () => completion()
  const { text, headers } = await post('/v1/messages', { model: 'claude-then-gpt', max_tokens: 9, messages: hi })
  expect(JSON.parse(text).content).toEqual([{ type: 'text', text: 'Hello from GPT.' }])
  expect([headers.get('x-headgate-fallback-index'), headers.get('x-headgate-attempts')]).toEqual(['1', '2'])
})
