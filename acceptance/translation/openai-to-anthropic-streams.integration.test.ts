// OpenAI callers of an Anthropic upstream: streams, how they end, and tools that are called in them.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { dataEvents, eventStream, namedEvents } from '../scripted-upstream.ts'
import { until } from '../until.ts'
import { claudeEvents, gptEvents, hi, message } from './answers.ts'
import { startTranslationRig, type TranslationRig } from './translation-rig.ts'

let rig: TranslationRig
beforeAll(async () => {
  rig = await startTranslationRig()
})
afterAll(() => rig?.stop())
beforeEach(() => rig.reset())

test('a stream comes with role, one finish reason, usage if asked for, and its end (wire 4, 17, 18, 25)', async () => {
  rig.claudeScript = () => ({ headers: eventStream, pieces: namedEvents(claudeEvents) })
  const body = { model: 'claude', stream: true, stream_options: { include_usage: true }, messages: hi }
  const { text, headers } = await rig.post('/v1/chat/completions', body)
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
  const record = await rig.recordOf(headers.get('x-request-id')!)
  expect(record).toMatchObject({ stream: true, inputTokens: 140, outputTokens: 7, cachedTokens: 100 })
})

test('a stream says what it is to whatever stands between, and an error is no stream (wire 7)', async () => {
  rig.claudeScript = () => ({ headers: eventStream, pieces: namedEvents(claudeEvents) })
  const body = { model: 'claude', messages: hi, stream: true }
  const { headers } = await rig.post('/v1/chat/completions', body)
  expect(['content-type', 'cache-control', 'x-accel-buffering'].map((name) => headers.get(name))).toEqual([
    ...['text/event-stream', 'no-cache', 'no'],
  ])
  rig.claudeScript = () => ({
    status: 400,
    pieces: ['{"type":"error","error":{"type":"invalid_request_error","message":"no"}}'],
  })
  const refused = await rig.post('/v1/chat/completions', body)
  expect([refused.status, refused.headers.get('content-type')]).toEqual([400, 'application/json'])
})

test('an error in the stream ends it, without [DONE] (wire 31, 48)', async () => {
  const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded, sorry' } }
  const begun = Promise.withResolvers<void>()
  const pieces = [...namedEvents(claudeEvents.slice(0, 4)), begun.promise, ...namedEvents([error])]
  rig.claudeScript = () => ({ headers: eventStream, pieces })
  const body = { model: 'claude', messages: hi, stream: true }
  const { status, text } = await rig.post('/v1/chat/completions', body, { onBegun: begun.resolve })
  expect(status).toBe(200)
  const last = text.trim().split('\n\n').pop()!
  expect(JSON.parse(last.slice(6)).error.message).toBe('Overloaded, sorry')
  expect(text).not.toContain('[DONE]')
})

test('a stream that breaks off says so (wire 10)', async () => {
  rig.claudeScript = () => ({ headers: eventStream, pieces: namedEvents(claudeEvents.slice(0, 5)), pauseMs: 20 })
  const { text } = await rig.post('/v1/chat/completions', { model: 'claude', messages: hi, stream: true })
  expect(text).toContain('Welt')
  expect(text).toContain('"code":"upstream_error"')
  expect(text).not.toContain('[DONE]')
})

test('an error in the place of the first event is another attempt, in another dialect (wire 9)', async () => {
  const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
  rig.claudeScript = () => ({ headers: eventStream, pieces: namedEvents([claudeEvents[0]!, error]) })
  rig.gptScript = () => ({ headers: eventStream, pieces: dataEvents(gptEvents) })
  const { status, text, headers } = await rig.post('/v1/chat/completions', {
    model: 'claude-then-gpt',
    messages: hi,
    stream: true,
  })
  expect([status, headers.get('x-headgate-fallback-index')]).toEqual([200, '1'])
  expect(text).toContain('from GPT.')
  expect(text).not.toContain('Overloaded')
})

test('leaving a stream aborts the upstream (wire 11)', async () => {
  rig.claudeScript = () => ({ headers: eventStream, pieces: namedEvents(claudeEvents.slice(0, 5)), hangs: true })
  const controller = new AbortController()
  const stream = await rig.openai.chat.completions.create(
    { model: 'claude', messages: hi, stream: true },
    { signal: controller.signal },
  )
  for await (const _ of stream) break
  controller.abort()
  await until(async () => rig.claude.seen[0]?.left === true, 20_000)
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
  rig.claudeScript = ({ body }) =>
    body.stream === true ? { headers: eventStream, pieces: namedEvents(events) } : message()
  const parameters = { type: 'object', properties: { city: { type: 'string' } } }
  const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters } }]
  const asked = await rig.openai.chat.completions.stream({ model: 'claude', messages: hi, tools }).finalChatCompletion()
  expect(asked.choices[0]?.finish_reason).toBe('tool_calls')
  const calls = asked.choices[0]!.message.tool_calls!
  expect(calls).toMatchObject([{ id: 'toolu_1', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } }])
  const answered = { role: 'tool' as const, tool_call_id: 'toolu_1', content: '21 degrees' }
  await rig.openai.chat.completions.create({
    model: 'claude',
    tools,
    messages: [...hi, { role: 'assistant', tool_calls: calls }, answered],
  })
  expect(rig.claude.seen[1]!.body.messages.slice(1)).toEqual([
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
  rig.claudeScript = ({ body }) => {
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
  const whole = await rig.openai.chat.completions.create(asked)
  const streamed = await rig.openai.chat.completions.stream(asked).finalChatCompletion()
  for (const answer of [whole, streamed]) {
    expect(answer.choices[0]?.message.content).toBe(json)
    expect(answer.choices[0]?.finish_reason).toBe('stop')
    expect(answer.choices[0]?.message.tool_calls ?? []).toEqual([])
  }
  expect(rig.claude.seen[0]!.body.tools[0].input_schema).toEqual(schema)
  expect(rig.claude.seen[0]!.body.tool_choice).toMatchObject({ type: 'tool' })
})
