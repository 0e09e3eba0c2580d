import { expect, test } from 'vitest'
import { assemble } from '../../../../shared/chat/assemble.ts'
import type { ChatEvent } from '../../../../shared/chat/events.ts'
import type { AssistantPart, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Message } from '../../../../shared/chat/request.ts'
import { costOf, priceOfRates } from '../../../../shared/models/price.ts'
import type { PrintedRequest } from '../dialect.ts'
import { chunked, plainTarget, printedNothing, requestOf } from '../test-dialects.ts'
import { cohereUpstream } from './cohere.ts'
import { cohereEmbeddingsUpstream } from './embeddings.ts'

const target = { ...plainTarget, model: 'command-a-03-2025' }

function printed(request: Partial<ChatRequest>, facts = {}): PrintedRequest & { json: JsonObject } {
  const result = cohereUpstream.printRequest(requestOf(request), { ...target, facts })
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return { ...result.value, json: JSON.parse(result.value.body) as JsonObject }
}

const user = (text: string) => ({ role: 'user' as const, parts: [{ type: 'text' as const, text }] })
const city = { type: 'object', properties: { city: { type: 'string' } } }
const weather = { type: 'function' as const, name: 'get-weather', parameters: city }
const picture = { type: 'image' as const, media: { from: 'bytes' as const, mediaType: 'image/png', base64: 'iVBO' } }
const called = (more: Partial<AssistantPart> = {}) =>
  ({
    type: 'tool-call',
    id: 'c1',
    name: 'get-weather',
    input: '{"city":"Paris"}',
    form: 'function',
    ...more,
  }) as AssistantPart

test('what was said stands where it was said, in the words of Cohere', () => {
  const messages: Message[] = [
    { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }], developer: true },
    { role: 'user', parts: [{ type: 'text', text: 'Look:' }, picture] },
    { role: 'assistant', parts: [{ type: 'reasoning', text: 'I will ask.' }, called()] },
    {
      role: 'user',
      parts: [
        { type: 'tool-result', callId: 'c1', parts: [{ type: 'text', text: 'no such city' }, picture], isError: true },
        { type: 'text', text: 'And now?' },
      ],
    },
    { role: 'system', parts: [{ type: 'text', text: 'Be kind.' }] },
  ]
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } }
  expect(printed({ messages, tools: [weather] }).json['messages']).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'Look:' }, image] },
    {
      role: 'assistant',
      tool_plan: 'I will ask.',
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } }],
    },
    { role: 'tool', tool_call_id: 'c1', content: 'Error: no such city' },
    { role: 'user', content: [image, { type: 'text', text: 'And now?' }] },
    { role: 'system', content: 'Be kind.' },
  ])
})

test('a thought goes back without a call too, and one that another model sealed does not (wire 36)', () => {
  const signature = { family: 'anthropic' as const, data: 's' }
  const said = { type: 'text' as const, text: 'Four.' }
  const of = (thought: AssistantPart) =>
    printed({ messages: [user('2+2'), { role: 'assistant', parts: [thought, said] }, user('sure?')] }).json['messages']
  expect(of({ type: 'reasoning', text: 'Easy.' })).toContainEqual({
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'Easy.' },
      { type: 'text', text: 'Four.' },
    ],
  })
  expect(of({ type: 'reasoning', text: 'Easy.', signature })).toContainEqual({ role: 'assistant', content: 'Four.' })
})

test('arguments are an object always, and as exact as they were written (wire 90)', () => {
  const inputs = ['', '{"n":12345678901234567890}', '{"cut', 'null']
  const calls = inputs.map((input, i) => called({ id: `c${i}`, input } as Partial<AssistantPart>))
  const message = printed({ messages: [user('hi'), { role: 'assistant', parts: calls }] }).json['messages'] as {
    tool_calls: { function: { arguments: string } }[]
  }[]
  expect(message[1]?.tool_calls.map((call) => call.function.arguments)).toEqual([
    '{}',
    '{"n":12345678901234567890}',
    '{"invalid_json":"{\\"cut"}',
    '{"invalid_json":"null"}',
  ])
})

test('tools keep their order, and get names that are allowed there (wire 66, 87)', () => {
  const tools = [weather, { type: 'function' as const, name: '2nd' }, { type: 'custom' as const, name: 'free' }]
  const { json, toolNames, customTools } = printed({ messages: [user('hi')], tools })
  expect(json['tools']).toEqual([
    { type: 'function', function: { name: 'get_weather', parameters: city } },
    { type: 'function', function: { name: '_2nd', parameters: { type: 'object', properties: {} } } },
    { type: 'function', function: { name: 'free', parameters: expect.objectContaining({ type: 'object' }) } },
  ])
  expect(toolNames).toEqual(
    new Map([
      ['get_weather', 'get-weather'],
      ['_2nd', '2nd'],
    ]),
  )
  expect(customTools).toEqual(new Set(['free']))
})

test.each([
  [undefined, undefined, 2],
  [{ type: 'auto' as const }, undefined, 2],
  [{ type: 'none' as const }, 'NONE', 2],
  [{ type: 'required' as const }, 'REQUIRED', 2],
  [{ type: 'tool' as const, name: 'other' }, 'REQUIRED', 1],
  [{ type: 'allowed' as const, names: ['other'], required: false }, undefined, 1],
  [{ type: 'allowed' as const, names: ['other'], required: true }, 'REQUIRED', 1],
])('the choice %j is %s of %i tools', (toolChoice, said, count) => {
  const tools = [weather, { ...weather, name: 'other' }]
  const { json } = printed({ messages: [user('hi')], tools, toolChoice })
  expect([json['tool_choice'], (json['tools'] as unknown[]).length]).toEqual([said, count])
})

test('tools are strict together or not at all, and calls cannot be kept to one: both are told', () => {
  const strict = { ...weather, strict: true }
  const both = printed({ messages: [user('hi')], tools: [strict], parameters: { parallelToolCalls: false } })
  expect([both.json['strict_tools'], both.dropped]).toEqual([true, [{ parameter: 'parallelToolCalls' }]])
  const mixed = printed({ messages: [user('hi')], tools: [strict, { ...weather, name: 'lax' }] })
  expect([mixed.json['strict_tools'], mixed.dropped]).toEqual([undefined, [{ member: 'strict' }]])
})

test('a form of the answer is native, and beside tools a tool of its own (wire 83)', () => {
  const responseFormat = { type: 'json-schema' as const, name: 'place', schema: city }
  const alone = printed({ messages: [user('hi')], responseFormat })
  expect([alone.json['response_format'], alone.jsonTool]).toEqual([
    { type: 'json_object', json_schema: city },
    undefined,
  ])
  const beside = printed({ messages: [user('hi')], responseFormat, tools: [weather] })
  expect(beside.json).toMatchObject({ tool_choice: 'REQUIRED', tools: [{}, { function: { name: beside.jsonTool } }] })
  expect(beside.json).not.toHaveProperty('response_format')
})

test('knobs have Cohere’s names and bounds; what does not fit or is not known is told (wire 81)', () => {
  const parameters = {
    maxOutputTokens: 50,
    temperature: 0.3,
    topP: 1,
    topK: 600,
    frequencyPenalty: -1,
    presencePenalty: 0.5,
    seed: 7,
    stop: ['a', 'b', 'c', 'd', 'e', 'f'],
    user: 'u',
    logprobs: {},
    verbosity: 'low',
    store: false,
  }
  const { json, dropped } = printed({ messages: [user('hi')], parameters })
  expect(json).toMatchObject({
    max_tokens: 50,
    temperature: 0.3,
    p: 0.99,
    k: 500,
    frequency_penalty: 0,
    presence_penalty: 0.5,
    seed: 7,
    stop_sequences: ['a', 'b', 'c', 'd', 'e'],
    stream: false,
  })
  const told = dropped.map((one) => ('parameter' in one ? one.parameter : one.member))
  expect(told.sort()).toEqual(['frequencyPenalty', 'logprobs', 'stop', 'topK', 'topP', 'user', 'verbosity'])
})

test.each([
  [{ effort: 'none' as const }, undefined, { type: 'disabled' }],
  [{ effort: 'high' as const }, undefined, { type: 'enabled', token_budget: 16_384 }],
  [{ budgetTokens: 300 }, undefined, { type: 'enabled', token_budget: 300 }],
  [{ adaptive: true }, undefined, { type: 'enabled' }],
  [{ effort: 'none' as const }, 'none' as const, undefined],
  [{ effort: 'high' as const }, 'none' as const, undefined],
])('thinking as %j of a model of which %j is known is %j (wire 84)', (reasoning, known, thinking) => {
  const { json, dropped } = printed({ messages: [user('hi')], parameters: { reasoning } }, { reasoning: known })
  expect(json['thinking']).toEqual(thinking)
  expect(dropped).toHaveLength(thinking === undefined && reasoning.effort !== 'none' ? 1 : 0)
})

test('documents and other words of Cohere’s own pass, members that it does not know are told', () => {
  const documents = [{ id: 'd', data: { text: 'x' } }]
  const { json, dropped } = printed({ messages: [user('hi')], extras: { documents, safety_mode: 'OFF', fancy: 1 } })
  expect(json).toMatchObject({ documents, safety_mode: 'OFF' })
  expect(dropped).toEqual([{ member: 'fancy' }])
})

const usage = {
  billed_units: { input_tokens: 39, output_tokens: 27 },
  tokens: { input_tokens: 1683, output_tokens: 62 },
  cached_tokens: 992,
}

test('what the model read is told, and what Cohere charges is what it costs (wire 99)', () => {
  const message = { content: [{ type: 'text', text: 'Hi' }] }
  const answer = cohereUpstream.parseAnswer({ message, finish_reason: 'COMPLETE', usage }, printedNothing)
  expect(answer?.usage).toMatchObject({ input: 1683, output: 62, cached: 992 })
  const price = priceOfRates({ input: 2.5, output: 10 }, { type: 'configured' })
  expect(costOf(price, answer!.usage!)).toBe(39 * 2_500 + 27 * 10_000)
})

const cited = { start: 4, end: 6, text: 'no', sources: [{ id: 'd1', document: { title: 'T', text: 'body' } }] }

test('citations stay with their text, whole and streamed, and count UTF-16 units', () => {
  const text = '💧 a no'
  const whole = { content: [{ type: 'text', text }], citations: [cited] }
  const answer = cohereUpstream.parseAnswer({ id: 'a', message: whole, finish_reason: 'COMPLETE' }, printedNothing)
  const expected = { start: 5, end: 7, title: 'T', citedText: 'body', raw: { dialect: 'cohere', value: cited } }
  expect(answer?.choices[0]?.parts).toMatchObject([{ type: 'text', text, citations: [expected] }])
  const events = streamed(
    { type: 'message-start', id: 'a' },
    { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
    { type: 'content-delta', index: 0, delta: { message: { content: { text } } } },
    { type: 'citation-start', index: 0, delta: { message: { citations: cited } } },
    { type: 'content-end', index: 0 },
    { type: 'message-end', delta: { finish_reason: 'COMPLETE' } },
  )
  expect(assemble(events)).toMatchObject({ ok: true, value: answer })
})

test('calls side by side keep their ids and their pieces apart (wire 21)', () => {
  const start = (index: number, id: string) => ({
    type: 'tool-call-start',
    index,
    delta: { message: { tool_calls: { id, type: 'function', function: { name: 'f', arguments: '' } } } },
  })
  const delta = (index: number, text: string) => ({
    type: 'tool-call-delta',
    index,
    delta: { message: { tool_calls: { function: { arguments: text } } } },
  })
  const events = streamed(
    ...[{ type: 'message-start', id: 'a' }, start(0, 'x'), delta(0, '{"a"'), start(1, 'y'), delta(0, ':1}')],
    ...[delta(1, 'nu'), delta(1, 'll'), { type: 'tool-call-end', index: 0 }, { type: 'tool-call-end', index: 1 }],
    { type: 'message-end', delta: { finish_reason: 'TOOL_CALL', usage } },
  )
  const answer = assemble(events)
  expect(answer).toMatchObject({
    value: {
      choices: [
        {
          parts: [
            { type: 'tool-call', id: 'x', input: '{"a":1}' },
            { type: 'tool-call', id: 'y', input: '{}' },
          ],
          finish: { reason: 'tool-calls', raw: 'TOOL_CALL' },
        },
      ],
    },
  })
})

test.each([
  ['COMPLETE', 'stop'],
  ['STOP_SEQUENCE', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['ERROR_LIMIT', 'context-length'],
  ['ERROR_TOXIC', 'content-filter'],
  ['SOMETHING_NEW', 'stop'],
])('%s is %s', (raw, reason) => {
  const message = { content: [{ type: 'text', text: 'Hi' }] }
  const answer = cohereUpstream.parseAnswer({ message, finish_reason: raw }, printedNothing)
  expect(answer?.choices[0]?.finish).toEqual({ reason, raw })
})

test.each([
  ['ERROR', 'server'],
  ['TIMEOUT', 'timeout'],
])('%s is no answer', (raw, kind) => {
  expect(cohereUpstream.parseAnswer({ message: { content: [] }, finish_reason: raw }, printedNothing)).toBeUndefined()
  const events = streamed(
    { type: 'message-start', id: 'a' },
    { type: 'message-end', delta: { finish_reason: raw, error: 'it broke' } },
  )
  expect(events.at(-1)).toMatchObject({ type: 'error', error: { kind, message: 'it broke', code: raw } })
})

test.each([
  [400, '{"id":"i","message":"too many tokens: size limit exceeded by 11 tokens"}', 'context-length'],
  [422, '{"message":"message must be at least 1 token long"}', 'invalid-request'],
  [401, '{"message":"invalid api token"}', 'authentication'],
  [402, '{"message":"please add a payment method"}', 'quota'],
  [404, '{"message":"model not found"}', 'not-found'],
  [429, '{"message":"You are past the per minute request limit"}', 'rate-limit'],
  [498, '{"message":"blocked token"}', 'authentication'],
  [499, '{"message":"request cancelled"}', 'timeout'],
  [503, '<html>', 'overloaded'],
])('an error %i with %s is of the kind %s', (status, body, kind) => {
  expect(cohereUpstream.parseError(status, Buffer.from(body)).kind).toBe(kind)
})

test('embeddings say what they are for; texts alone are taken', () => {
  const asked = { inputs: [{ type: 'text' as const, text: 'a' }], dialect: 'openai-embeddings' as const, extras: {} }
  const request = { model: 'm', encoding: 'float' as const, ...asked }
  const printedFor = (more: object) => cohereEmbeddingsUpstream.printRequest({ ...request, ...more }, target)
  const plain = printedFor({ dimensions: 256, extras: { truncate: 'END', odd: 1 }, user: 'u' })
  if (!plain.ok) throw new Error('refused')
  expect(JSON.parse(plain.value.body)).toEqual({
    model: target.model,
    texts: ['a'],
    input_type: 'search_document',
    embedding_types: ['float'],
    output_dimension: 256,
    truncate: 'END',
  })
  expect([plain.value.path, plain.value.dropped]).toEqual(['/embed', [{ member: 'user' }, { member: 'odd' }]])
  const query = printedFor({ purpose: 'RETRIEVAL_QUERY' })
  expect(query.ok && JSON.parse(query.value.body)).toMatchObject({ input_type: 'search_query' })
  expect(printedFor({ inputs: [{ type: 'tokens', tokens: [1] }] })).toMatchObject({
    ok: false,
    error: { capability: 'tokens as input' },
  })
  const body = { embeddings: { float: [[0.5, 1]] }, meta: { billed_units: { input_tokens: 3 } } }
  expect(cohereEmbeddingsUpstream.parseAnswer(body, plain.value)).toEqual({
    model: target.model,
    vectors: [[0.5, 1]],
    inputTokens: 3,
  })
  expect(cohereEmbeddingsUpstream.parseAnswer({ embeddings: {} }, plain.value)).toBeUndefined()
})

/** Parses the stream at once and byte by byte, and expects the same events (wire 2). */
function streamed(...events: readonly JsonObject[]): ChatEvent[] {
  const bytes = Buffer.from(
    events.map((event) => `event: ${event['type']}\ndata: ${JSON.stringify(event)}\n\n`).join(''),
  )
  const [whole, pieces] = [[bytes], chunked(bytes, 1)].map((chunks) => {
    const read: ChatEvent[] = []
    const parser = cohereUpstream.openParser(printedNothing)
    for (const chunk of chunks) expect(parser.push(chunk, (event) => void read.push(event))).toBe('ok')
    parser.end((event) => void read.push(event))
    return read
  })
  expect(pieces).toEqual(whole)
  return whole!
}
