import { expect, test } from 'vitest'
import type { ChatEvent } from '../../../../shared/chat/events.ts'
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import type { PrintedRequest } from '../dialect.ts'
import { encodedEvent, plainTarget, printedNothing, requestOf } from '../test-dialects.ts'
import { bedrockUpstream } from './bedrock.ts'

const claude = { ...plainTarget, model: 'anthropic.claude-3-haiku-20240307-v1:0' }

function printed(request: Partial<ChatRequest>, target = claude): PrintedRequest & { json: JsonObject } {
  const result = bedrockUpstream.printRequest(requestOf(request), target)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return { ...result.value, json: JSON.parse(result.value.body) as JsonObject }
}

const user = (text: string) => ({ role: 'user' as const, parts: [{ type: 'text' as const, text }] })
const weather = {
  type: 'function' as const,
  name: 'get_weather',
  parameters: { properties: { city: { type: 'string' } } },
}
const call = {
  type: 'tool-call' as const,
  id: 'c1',
  name: 'get_weather',
  input: '{"city":"Paris"}',
  form: 'function' as const,
}

test.each([
  ['anthropic.claude-3-haiku-20240307-v1:0', '/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse'],
  [
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0',
    '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.amazon.nova-pro-v1%3A0/converse',
  ],
])('%s is encoded once in the path (wire 63)', (model, path) => {
  expect(printed({ messages: [user('hi')] }, { ...claude, model }).path).toBe(path)
})

test('a stream has a path of its own', () => {
  expect(printed({ messages: [user('hi')], stream: true }).path).toMatch(/\/converse-stream$/)
})

test('a conversation with calls brings their tools, also when the caller brings none (wire 65)', () => {
  const { json } = printed({ messages: [user('hi'), { role: 'assistant', parts: [call] }] })
  expect(json['toolConfig']).toEqual({
    tools: [{ toolSpec: { name: 'get_weather', inputSchema: { json: { type: 'object' } } } }],
  })
})

test('tool names that are not allowed there are written otherwise, told apart, and read back (wire 66)', () => {
  const long = 'x'.repeat(70)
  const names = ['a.b', 'a/b', long, `${long}y`]
  const request = printed({ messages: [user('hi')], tools: names.map((name) => ({ ...weather, name })) })
  const tools = (request.json['toolConfig'] as { tools: { toolSpec: { name: string } }[] }).tools
  const written = tools.map(({ toolSpec }) => toolSpec.name)
  expect(new Set(written).size).toBe(4)
  for (const name of written) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
  expect(written.map((name) => request.toolNames?.get(name))).toEqual(names)
  const content = written.map((name) => ({ toolUse: { toolUseId: name, name, input: {} } }))
  const answer = bedrockUpstream.parseAnswer({ output: { message: { content } }, stopReason: 'tool_use' }, request)
  expect(answer?.choices[0]?.parts).toMatchObject(names.map((name) => ({ name })))
})

test('what shall stay in the cache ends with an element of its own (wire 39)', () => {
  const { json } = printed(
    {
      messages: [
        { role: 'system', parts: [{ type: 'text', text: 'rules', cache: '1h' }] },
        { role: 'user', parts: [{ type: 'text', text: 'long', cache: '5m' }] },
      ],
      tools: [{ ...weather, cache: '1h' }],
    },
    { ...claude, model: 'anthropic.claude-sonnet-4-5-20250929-v1:0' },
  )
  expect(json['system']).toEqual([{ text: 'rules' }, { cachePoint: { type: 'default', ttl: '1h' } }])
  expect((json['messages'] as { content: unknown }[])[0]?.content).toEqual([
    { text: 'long' },
    { cachePoint: { type: 'default' } },
  ])
  expect((json['toolConfig'] as { tools: unknown[] }).tools[1]).toEqual({ cachePoint: { type: 'default', ttl: '1h' } })
})

test.each([
  ['anthropic.claude-3-haiku-20240307-v1:0', 1],
  ['mistral.pixtral-large-2502-v1:0', 2],
])('an image in the result of a tool for %s stays there or follows behind it (wire 67)', (model, blocks) => {
  const image = {
    type: 'image' as const,
    media: { from: 'bytes' as const, mediaType: 'image/png', base64: 'iVBORw0KGgo=' },
  }
  const { json } = printed(
    {
      messages: [
        user('look'),
        { role: 'assistant', parts: [call] },
        { role: 'user', parts: [{ type: 'tool-result', callId: 'c1', parts: [image], isError: true }] },
      ],
    },
    { ...claude, model },
  )
  const content = (json['messages'] as { content: JsonObject[] }[])[2]!.content
  expect(content).toHaveLength(blocks)
  expect(content[0]).toMatchObject({ toolResult: { toolUseId: 'c1', status: 'error' } })
  expect(JSON.stringify(content)).toContain('"format":"png"')
})

test('knobs go where they belong, and what is not known there is named (wire 68, 81)', () => {
  const { json, dropped } = printed({
    messages: [user('hi')],
    parameters: {
      maxOutputTokens: 50,
      topP: 0.5,
      topK: 3,
      stop: ['END', ' '],
      seed: 7,
      metadata: { team: 'search' },
      serviceTier: 'flex',
    },
  })
  expect(json).toMatchObject({
    inferenceConfig: { maxTokens: 50, topP: 0.5, stopSequences: ['END'] },
    additionalModelRequestFields: { top_k: 3 },
    requestMetadata: { team: 'search' },
    serviceTier: { type: 'flex' },
  })
  expect(dropped).toEqual([{ parameter: 'stop' }, { parameter: 'seed' }])
})

test('a link to an image is refused by name, since nobody there follows it', () => {
  const image = { type: 'image' as const, media: { from: 'url' as const, url: 'https://example.com/a.png' } }
  const result = bedrockUpstream.printRequest(requestOf({ messages: [{ role: 'user', parts: [image] }] }), claude)
  expect(result).toEqual({ ok: false, error: { capability: 'images', what: 'url' } })
})

test('tokens of the cache are counted once (wire 69)', () => {
  const usage = {
    inputTokens: 10,
    outputTokens: 5,
    cacheReadInputTokens: 100,
    cacheWriteInputTokens: 40,
    cacheDetails: [{ ttl: '1h', inputTokens: 30 }],
  }
  const answer = bedrockUpstream.parseAnswer(
    { output: { message: { content: [] } }, stopReason: 'end_turn', usage },
    printedNothing,
  )
  expect(answer?.usage).toEqual({
    input: 150,
    output: 5,
    cached: 100,
    cacheWrite5m: 10,
    cacheWrite1h: 30,
    reasoning: 0,
  })
})

function streamed(...messages: Buffer[]): ChatEvent[] {
  const parser = bedrockUpstream.openParser(printedNothing)
  const events: ChatEvent[] = []
  for (const message of messages) expect(parser.push(message, (event) => events.push(event))).toBe('ok')
  parser.end((event) => events.push(event))
  return events
}

const begin = encodedEvent('messageStart', { role: 'assistant' })

test.each([
  ['throttlingException', 'rate-limit'],
  ['modelStreamErrorException', 'server'],
  ['validationException', 'invalid-request'],
  ['serviceUnavailableException', 'overloaded'],
])('an exception %s in a stream is an error of the kind %s, at its beginning and later (wire 62)', (name, kind) => {
  const exception = encodedEvent(name, { message: 'no' }, 'exception')
  const error = { type: 'error', error: { kind, message: 'no', code: name } }
  expect(streamed(exception)).toEqual([error])
  expect(streamed(begin, exception).at(-1)).toEqual(error)
})

test('a stream without its stop is cut (wire 10)', () => {
  expect(
    streamed(begin, encodedEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hel' } })).at(-1),
  ).toEqual({
    type: 'upstream-cut',
  })
})

test('a call without arguments has none, as an object (wire 22)', () => {
  const events = streamed(
    begin,
    encodedEvent('contentBlockStart', { contentBlockIndex: 0, start: { toolUse: { toolUseId: 't', name: 'now' } } }),
    encodedEvent('contentBlockStop', { contentBlockIndex: 0 }),
    encodedEvent('messageStop', { stopReason: 'tool_use' }),
  )
  expect(events).toContainEqual({ type: 'tool-input-delta', choice: 0, part: 0, text: '{}' })
  expect(events.at(-2)).toMatchObject({ type: 'finish', finish: { reason: 'tool-calls', raw: 'tool_use' } })
})

test.each([
  [400, '{"message":"Input is too long for requested model."}', 'context-length'],
  [403, '{"Message":"User is not authorized"}', 'permission'],
  [400, '{"__type":"com.amazon.coral#ThrottlingException","message":"slow down"}', 'rate-limit'],
  [400, '{"message":"The provided model identifier is invalid."}', 'not-found'],
  [503, '<html>', 'overloaded'],
])('an error %i %s is of the kind %s', (status, body, kind) => {
  expect(bedrockUpstream.parseError(status, Buffer.from(body)).kind).toBe(kind)
})

// Statuses of the exceptions: @aws-sdk/client-bedrock-runtime, schemas_0.js. The header: AWS restJson1, `x-amzn-errortype`.
test.each([
  ['AccessDeniedException', 403, 'permission'],
  ['InternalServerException', 500, 'server'],
  ['ModelErrorException', 424, 'server'],
  ['ModelNotReadyException', 429, 'overloaded'],
  ['ModelStreamErrorException', 424, 'server'],
  ['ModelTimeoutException', 408, 'timeout'],
  ['ResourceNotFoundException', 404, 'not-found'],
  ['ServiceQuotaExceededException', 400, 'rate-limit'],
  ['ServiceUnavailableException', 503, 'overloaded'],
  ['ThrottlingException', 429, 'rate-limit'],
  ['ValidationException', 400, 'invalid-request'],
])('%s in the header or in the body, with %i, is of the kind %s', (name, status, kind) => {
  const said = { kind, message: 'no', code: name }
  const inHeader = `${name}:http://internal.amazon.com/coral/com.amazon.bedrock/`
  expect(bedrockUpstream.parseError(status, Buffer.from('{"message":"no"}'), inHeader)).toMatchObject(said)
  const body = JSON.stringify({ __type: `com.amazon#${name}`, Message: 'no' })
  expect(bedrockUpstream.parseError(status, Buffer.from(body))).toMatchObject(said)
})
