// Requests of other dialects printed for Anthropic: caps, thinking, sampling, tools, schemas.
import { describe, expect, test } from 'vitest'
import type { ModelFacts } from '../../../../shared/chat/capabilities.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { openAiChatInbound } from '../openai-chat/openai-chat.ts'
import { openAiResponsesInbound } from '../openai-responses/openai-responses.ts'
import { type Body, fromChat, hi, printedFrom, weather } from './test-printed.ts'

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
