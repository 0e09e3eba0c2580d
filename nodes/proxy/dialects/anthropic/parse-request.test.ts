// Requests of other dialects printed for Anthropic, and requests of Anthropic callers parsed.
import { describe, expect, test } from 'vitest'
import type { ModelFacts } from '../../../../shared/chat/capabilities.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { InboundDialect, PrintedRequest } from '../dialect.ts'
import { openAiChatInbound } from '../openai-chat/openai-chat.ts'
import { openAiResponsesInbound } from '../openai-responses/openai-responses.ts'
import { anthropicInbound, anthropicUpstream } from './anthropic.ts'

const hi = { role: 'user', content: 'hi' }

function printedFrom(inbound: InboundDialect, body: JsonObject, facts: ModelFacts = {}): PrintedRequest {
  const request = inbound.parseRequest(body)
  if (!request.ok) throw new Error(JSON.stringify(request.error))
  const printed = anthropicUpstream.printRequest(request.value, { model: 'claude', facts, quirks: {} })
  if (!printed.ok) throw new Error(JSON.stringify(printed.error))
  return printed.value
}

// biome-ignore lint/suspicious/noExplicitAny: tests read into bodies whose shape they assert
type Body = any

function fromChat(more: JsonObject, facts: ModelFacts = {}): Body & { dropped: string[] } {
  const { body, dropped } = printedFrom(openAiChatInbound, { model: 'm', messages: [hi], ...more }, facts)
  return { ...JSON.parse(body), dropped: dropped.map((one) => ('parameter' in one ? one.parameter : one.member)) }
}

const text = (said: string) => ({ type: 'text', text: said })
const weather = { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } }

describe('the cap on output (wire 79, 80)', () => {
  test.each<[string, JsonObject, ModelFacts, number]>([
    ['is what the caller says', { max_tokens: 5 }, { outputTokensMax: 64_000 }, 5],
    ['has a newer name', { max_completion_tokens: 7 }, {}, 7],
    ['is what the model can write', {}, { outputTokensMax: 64_000 }, 64_000],
    ['is a number that every model takes, when nothing is known', {}, {}, 8_192],
  ])('%s', (_what, more, facts, max) => {
    expect(fromChat(more, facts).max_tokens).toBe(max)
  })
})

describe('thinking', () => {
  const budget = (more: JsonObject, facts: ModelFacts = { reasoning: 'budget' }) => fromChat(more, facts)

  test('is a budget below the cap (wire 37, 84)', () => {
    const body = budget({ reasoning_effort: 'medium', max_tokens: 20_000 })
    expect([body.thinking, body.max_tokens]).toEqual([{ type: 'enabled', budget_tokens: 8_192 }, 20_000])
    expect(budget({ reasoning_effort: 'high', max_tokens: 4_000 }).thinking.budget_tokens).toBe(3_000)
    expect(budget({ reasoning_effort: 'low', max_tokens: 1_025 }).thinking.budget_tokens).toBe(1_024)
  })

  test('is left out where the cap has no room for it, and named', () => {
    const body = budget({ reasoning_effort: 'low', max_tokens: 1_024 })
    expect([body.thinking, body.dropped]).toEqual([undefined, ['reasoning']])
  })

  test('without a cap leaves room for the answer', () => {
    const body = fromChat({ reasoning_effort: 'max' }, { reasoning: 'budget', outputTokensMax: 32_000 })
    expect(body.max_tokens).toBe(body.thinking.budget_tokens + 32_000)
  })

  test('is a word for models that decide themselves', () => {
    const body = budget({ reasoning_effort: 'minimal' }, { reasoning: 'adaptive' })
    expect([body.thinking, body.output_config]).toEqual([{ type: 'adaptive' }, { effort: 'low' }])
  })

  test('of a model that does not think is named as dropped', () => {
    expect(budget({ reasoning_effort: 'low' }, { reasoning: 'none' }).dropped).toEqual(['reasoning'])
  })

  test('none is none', () => {
    expect(budget({ reasoning_effort: 'none' })).not.toHaveProperty('thinking')
    expect(budget({ reasoning_effort: 'none' }, { reasoning: 'adaptive' }).thinking).toEqual({ type: 'disabled' })
  })

  test('goes with no sampling (wire 38)', () => {
    const body = budget({ reasoning_effort: 'low', temperature: 0.3, top_p: 0.5, top_k: 5, max_tokens: 9_000 })
    expect(body).not.toHaveProperty('temperature')
    expect(body.dropped).toEqual(['temperature', 'topP', 'topK'])
  })

  test('gives way to a tool that is forced (wire 38)', () => {
    const body = budget({ reasoning_effort: 'low', tools: [weather], tool_choice: 'required' })
    expect([body.tool_choice, body.thinking, body.dropped]).toEqual([{ type: 'any' }, undefined, ['reasoning']])
  })

  test('cannot begin in the middle of a turn of calls whose thought is lost', () => {
    const call = { id: 'c', type: 'function', function: { name: 'weather', arguments: '{}' } }
    const messages = [hi, { role: 'assistant', tool_calls: [call] }, { role: 'tool', tool_call_id: 'c', content: '1' }]
    expect(budget({ messages, tools: [weather], reasoning_effort: 'low' }).dropped).toEqual(['reasoning'])
    const details = [
      { type: 'reasoning.text', text: 'Hm.', signature: 'EvQB', format: 'anthropic-claude-v1', index: 0 },
    ]
    const signed = [hi, { role: 'assistant', reasoning_details: details, tool_calls: [call] }, messages[2]!]
    const body = budget({ messages: signed, tools: [weather], reasoning_effort: 'low' })
    expect(body.thinking).toMatchObject({ type: 'enabled' })
    expect(body.messages[1].content[0]).toEqual({ type: 'thinking', thinking: 'Hm.', signature: 'EvQB' })
  })
})

describe('sampling (wire 81)', () => {
  test('a temperature above one is one, and named', () => {
    const body = fromChat({ temperature: 1.7 })
    expect([body.temperature, body.dropped]).toEqual([1, ['temperature']])
  })

  test('of temperature and top_p only the first goes along', () => {
    expect(fromChat({ temperature: 0.5, top_p: 0.9 })).toMatchObject({ temperature: 0.5, dropped: ['topP'] })
    expect(fromChat({ top_p: 0.9 })).toMatchObject({ top_p: 0.9, dropped: [] })
  })

  test('stop sequences are a list, without those of white space alone', () => {
    expect(fromChat({ stop: 'END' }).stop_sequences).toEqual(['END'])
    expect(fromChat({ stop: ['\n\n', 'END'] })).toMatchObject({ stop_sequences: ['END'], dropped: ['stop'] })
  })

  test('what Anthropic has no word for is named', () => {
    const more = {
      seed: 1,
      logit_bias: {},
      presence_penalty: 1,
      logprobs: true,
      verbosity: 'low',
      metadata: { a: 'b' },
    }
    expect(fromChat(more).dropped.sort()).toEqual([
      ...['logitBias', 'logprobs', 'metadata', 'presencePenalty', 'seed', 'verbosity'],
    ])
  })

  test('not to store anything is no wish that could be dropped', () => {
    expect([fromChat({ store: false }).dropped, fromChat({ store: true }).dropped]).toEqual([[], ['store']])
  })

  test.each([
    ['default', 'standard_only', []],
    ['auto', 'auto', []],
    ['flex', undefined, ['serviceTier']],
  ])('the service tier %s is %s (wire 89)', (service_tier, expected, dropped) => {
    expect(fromChat({ service_tier })).toMatchObject({ dropped, ...(expected && { service_tier: expected }) })
  })

  test('a user is metadata.user_id', () => {
    expect(fromChat({ user: 'u' }).metadata).toEqual({ user_id: 'u' })
    expect(fromChat({ safety_identifier: 's' }).metadata).toEqual({ user_id: 's' })
  })
})

describe('the conversation', () => {
  test('has its instructions in front, wherever they stood (wire 42)', () => {
    const messages = [
      { role: 'system', content: 'One.' },
      hi,
      { role: 'developer', content: [text('Two.')] },
      { role: 'assistant', content: 'Hello.' },
      hi,
    ]
    const { system, messages: printed } = fromChat({ messages })
    expect(system).toEqual([text('One.'), text('Two.')])
    expect(printed.map(({ role }: Body) => role)).toEqual(['user', 'assistant', 'user'])
  })

  test('of instructions alone is what a user says', () => {
    const { system, messages } = fromChat({ messages: [{ role: 'system', content: 'Say hi.' }] })
    expect([system, messages]).toEqual([undefined, [{ role: 'user', content: [text('Say hi.')] }]])
  })

  test('joins turns of one side, leaves out what is empty, and puts results of tools first (wire 40, 41)', () => {
    const call = (id: string) => ({ id, type: 'function', function: { name: 'weather', arguments: '{"n":1}' } })
    const messages = [
      hi,
      { role: 'assistant', content: '' },
      { role: 'assistant', content: null, tool_calls: [call('a'), call('b')] },
      { role: 'tool', tool_call_id: 'a', content: 'A' },
      {
        role: 'tool',
        tool_call_id: 'b',
        content: [text('B'), { type: 'image_url', image_url: { url: 'https://x/y.png' } }],
      },
      { role: 'user', content: 'and now?' },
    ]
    expect(fromChat({ messages }).messages).toEqual([
      { role: 'user', content: [text('hi')] },
      { role: 'assistant', content: [use('a', { n: 1 }), use('b', { n: 1 })] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: [text('A')] },
          {
            type: 'tool_result',
            tool_use_id: 'b',
            content: [text('B'), { type: 'image', source: { type: 'url', url: 'https://x/y.png' } }],
          },
          text('and now?'),
        ],
      },
    ])
  })

  const use = (id: string, input: Json) => ({ type: 'tool_use', id, name: 'weather', input })

  test('keeps every digit of what tools were called with (wire 15)', () => {
    const call = { id: 'a', type: 'function', function: { name: 'weather', arguments: '{"id":12345678901234567890}' } }
    const { body } = printedFrom(openAiChatInbound, {
      model: 'm',
      messages: [hi, { role: 'assistant', tool_calls: [call] }],
    })
    expect(body).toContain('"input":{"id":12345678901234567890}')
  })

  test.each(['{"city":"Par', '7', 'hello'])(
    'has %s, which is no input of a tool, under a name that says so (wire 86)',
    (input) => {
      const call = { id: 'a', type: 'function', function: { name: 'weather', arguments: input } }
      const { messages } = fromChat({ messages: [hi, { role: 'assistant', tool_calls: [call] }] })
      expect(messages[1].content[0].input).toEqual({ invalid_json: input })
    },
  )

  test('may end in an answer to go on with, without white space behind it', () => {
    const { messages } = fromChat({ messages: [hi, { role: 'assistant', content: 'The answer is \n' }] })
    expect(messages[1].content).toEqual([text('The answer is')])
  })

  test('knows the older functions (wire 88)', () => {
    const functions = [{ name: 'weather', parameters: { type: 'object' } }]
    const messages = [
      hi,
      { role: 'assistant', content: null, function_call: { name: 'weather', arguments: '{}' } },
      { role: 'function', name: 'weather', content: 'sunny' },
    ]
    const body = fromChat({ messages, functions, function_call: { name: 'weather' } })
    expect(body.tools).toEqual([{ name: 'weather', input_schema: { type: 'object' } }])
    expect(body.tool_choice).toEqual({ type: 'tool', name: 'weather', disable_parallel_tool_use: true })
    expect(body.messages[2].content[0].tool_use_id).toBe(body.messages[1].content[0].id)
  })

  test('shows pictures and documents, with the type that their bytes have (wire 78, 85)', () => {
    const content = [
      { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,iVBORw0KGgoAAAA' } },
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
      { type: 'file', file: { filename: 'a.txt', file_data: 'data:text/plain;base64,aGk=' } },
    ]
    expect(fromChat({ messages: [{ role: 'user', content }] }).messages[0].content).toEqual([
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgoAAAA' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' }, title: 'a.pdf' },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'hi' }, title: 'a.txt' },
    ])
  })
})

describe('tools (wire 83)', () => {
  test.each<[Json, Json]>([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'any' }],
    [
      { type: 'function', function: { name: 'weather' } },
      { type: 'tool', name: 'weather' },
    ],
  ])('the choice %j is %j', (tool_choice, expected) => {
    expect(fromChat({ tools: [weather], tool_choice }).tool_choice).toEqual(expected)
  })

  test('one call at a time is asked for', () => {
    const parallel = { tools: [weather], parallel_tool_calls: false }
    expect(fromChat(parallel).tool_choice).toEqual({ type: 'auto', disable_parallel_tool_use: true })
  })

  test('those that are allowed are those that are told', () => {
    const other = { type: 'function', function: { name: 'other' } }
    const allowed_tools = { mode: 'required', tools: [{ type: 'function', function: { name: 'weather' } }] }
    const body = fromChat({ tools: [weather, other], tool_choice: { type: 'allowed_tools', allowed_tools } })
    expect([body.tools.map(({ name }: Body) => name), body.tool_choice]).toEqual([['weather'], { type: 'any' }])
  })

  test('keep the order of the list and of what describes them (wire 87)', () => {
    const parameters = { properties: { z: {}, a: {} }, required: ['z'], type: 'object' }
    const tools = ['b', 'a'].map((name) => ({ type: 'function', function: { name, parameters } }))
    const { body } = printedFrom(openAiChatInbound, { model: 'm', messages: [hi], tools })
    expect(body).toContain(`[{"name":"b","input_schema":${JSON.stringify(parameters)}},{"name":"a",`)
  })

  test('that take free text are functions with one member (wire 58)', () => {
    const tools = [{ type: 'custom', name: 'shell', description: 'Runs it.' }]
    const input = [
      { role: 'user', content: 'list' },
      { type: 'custom_tool_call', call_id: 'c', name: 'shell', input: 'ls -l' },
      { type: 'custom_tool_call_output', call_id: 'c', output: 'a b' },
    ]
    const { body, customTools } = printedFrom(openAiResponsesInbound, { model: 'm', input, tools })
    const printed = JSON.parse(body)
    expect(printed.tools[0]).toMatchObject({ name: 'shell', input_schema: { required: ['input'] } })
    expect(printed.messages[1].content[0]).toMatchObject({ type: 'tool_use', input: { input: 'ls -l' } })
    expect(customTools).toEqual(new Set(['shell']))
  })
})

describe('a schema (wire 82)', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false }
  const response_format = { type: 'json_schema', json_schema: { name: 'x', schema, strict: true } }

  test('is native where the model has it', () => {
    const body = fromChat({ response_format }, { jsonSchema: true })
    expect(body.output_config).toEqual({ format: { type: 'json_schema', schema } })
    expect(body).not.toHaveProperty('tools')
  })

  test('is a tool that must be called otherwise', () => {
    const printed = printedFrom(openAiChatInbound, { model: 'm', messages: [hi], response_format })
    const body = JSON.parse(printed.body)
    expect(body.tools).toMatchObject([{ name: printed.jsonTool, input_schema: schema }])
    expect(body.tool_choice).toEqual({ type: 'tool', name: printed.jsonTool })
  })

  test('stands beside tools of the caller, any of which may be called first', () => {
    const body = fromChat({ response_format, tools: [weather] })
    expect([body.tools.length, body.tool_choice]).toEqual([2, { type: 'any' }])
  })
})

describe("what Anthropic's callers say", () => {
  const read = (more: JsonObject) => anthropicInbound.parseRequest({ max_tokens: 9, messages: [hi], ...more })

  test.each<[JsonObject, string]>([
    [{ max_tokens: undefined }, 'max_tokens'],
    [{ max_tokens: 'many' }, 'max_tokens'],
    [{ messages: 7 }, 'messages'],
    [{ messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }, 'messages[0].content[0].text'],
    [
      { messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'b' }] }] },
      'messages[0].content[0].input',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'x' } }] }] },
      'messages[0].content[0].source.type',
    ],
    [{ thinking: { type: 'enabled' } }, 'thinking.budget_tokens'],
    [{ tools: [{ name: 'a' }] }, 'tools[0].input_schema'],
    [{ tool_choice: { type: 'any-one' } }, 'tool_choice.type'],
  ])('is told where it is wrong: %j', (more, path) => {
    expect(read(more)).toMatchObject({ ok: false, error: { path } })
  })

  test('loses nothing on its way back to Anthropic (wire 34, 35, 39, 40, 42, 85)', () => {
    const cache_control = { type: 'ephemeral' }
    const hour = { type: 'ephemeral', ttl: '1h' }
    const body = {
      model: 'claude',
      max_tokens: 9_000,
      system: [{ ...text('Be brief.'), cache_control: hour }],
      messages: [
        {
          role: 'user',
          content: [
            { ...text('hi'), cache_control },
            { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
            {
              type: 'document',
              source: { type: 'text', media_type: 'text/plain', data: 'd' },
              title: 't',
              context: 'c',
              citations: { enabled: true },
            },
            { type: 'container_upload', file_id: 'f' },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.', signature: 'EvQB' },
            { type: 'redacted_thinking', data: 'AAAA' },
            { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'q' } },
            text('So.'),
            { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Paris' } },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 't1', content: [text('no')], is_error: true, cache_control }],
        },
      ],
      tools: [
        { name: 'weather', description: 'w', input_schema: { type: 'object' }, cache_control: hour },
        { type: 'web_search_20250305', name: 'web_search' },
      ],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      thinking: { type: 'enabled', budget_tokens: 2_000 },
      stop_sequences: ['x'],
      metadata: { user_id: 'u' },
      service_tier: 'standard_only',
      stream: true,
      context_management: { edits: [] },
    }
    expect(JSON.parse(printedFrom(anthropicInbound, body).body)).toEqual(body)
  })
})
