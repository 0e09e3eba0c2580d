// Requests printed for Cohere.
import { expect, test } from 'vitest'
import type { AssistantPart } from '../../../../shared/chat/parts.ts'
import type { Message } from '../../../../shared/chat/request.ts'
import { cohereEmbeddingsUpstream } from './embeddings.ts'
import { called, city, picture, printed, target, user, weather } from './test-cohere.ts'

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
