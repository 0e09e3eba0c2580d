// What a model that has the Responses API alone is sent for callers of other dialects. Each body is held against OpenAI's own
// description of its API, `CreateResponse`.
import { describe, expect, test } from 'vitest'
import { readOpenAiSchemas } from '../../../../acceptance/openai-schema.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import type { TargetTraits } from '../dialect.ts'
import { plainTarget, requestOf, sentTo } from '../test-dialects.ts'
import { openAiResponsesUpstream } from './openai-responses.ts'

const judge = readOpenAiSchemas()
const hi = { role: 'user', parts: [{ type: 'text', text: 'Hi' }] } as const
const codex = { facts: { reasoning: 'effort', endpoint: 'responses' }, quirks: { customTools: true } } as const

function sent(request: Partial<ChatRequest>, target: Partial<TargetTraits> = codex) {
  const told = sentTo(openAiResponsesUpstream, { messages: [hi], ...request }, target)
  expect(judge?.('CreateResponse', told.body) ?? [], JSON.stringify(told.body)).toEqual([])
  return told
}

test('a request is stateless, and wants its reasoning back', () => {
  expect(sent({}).body).toEqual({
    model: 'a-model',
    input: [{ role: 'user', content: 'Hi' }],
    store: false,
    include: ['reasoning.encrypted_content'],
  })
})

test.each([
  ['a model that does not reason', { facts: { reasoning: 'none' } }],
  ['a model of which nothing is known', {}],
] as const)('%s is not asked for reasoning', (_who, target) => {
  expect(sent({}, target).body.include).toBeUndefined()
})

describe('parameters', () => {
  test.each<[ChatRequest['parameters'], object]>([
    [{ maxOutputTokens: 100 }, { max_output_tokens: 100 }],
    [
      { temperature: 0.5, topP: 0.9 },
      { temperature: 0.5, top_p: 0.9 },
    ],
    [{ reasoning: { effort: 'high', summary: 'auto' } }, { reasoning: { effort: 'high', summary: 'auto' } }],
    [{ reasoning: { effort: 'high', summary: 'none' } }, { reasoning: { effort: 'high' } }],
    [{ reasoning: { adaptive: true, summary: 'auto' } }, { reasoning: { summary: 'auto' } }],
    [{ reasoning: { budgetTokens: 9_000 } }, { reasoning: { effort: 'high' } }],
    [{ verbosity: 'low' }, { text: { verbosity: 'low' } }],
    [{ parallelToolCalls: false }, { parallel_tool_calls: false }],
    [{ metadata: { a: 'b' } }, { metadata: { a: 'b' } }],
    [
      { user: 'u', safetyIdentifier: 's' },
      { user: 'u', safety_identifier: 's' },
    ],
    [
      { promptCacheKey: 'k', promptCacheRetention: '24h' },
      { prompt_cache_key: 'k', prompt_cache_retention: '24h' },
    ],
    [{ serviceTier: 'flex' }, { service_tier: 'flex' }],
    [
      { logprobs: { top: 3 } },
      { top_logprobs: 3, include: ['reasoning.encrypted_content', 'message.output_text.logprobs'] },
    ],
    [{ n: 1, store: false, modalities: ['text'] }, {}],
  ])('%j', (parameters, members) => {
    const { body, dropped } = sent({ parameters })
    expect(body).toMatchObject(members)
    expect(dropped).toEqual([])
  })

  test.each<[ChatRequest['parameters']]>([
    [{ stop: ['x'] }],
    [{ seed: 1 }],
    [{ frequencyPenalty: 1 }],
    [{ presencePenalty: 1 }],
    [{ logitBias: { 1: 1 } }],
    [{ prediction: { type: 'content', content: 'x' } }],
    [{ topK: 3 }],
    [{ store: true }],
  ])('%j has no place, and is named', (parameters) => {
    expect(sent({ parameters }).dropped).toEqual(Object.keys(parameters))
  })

  test('a limit below what OpenAI takes is raised, and named', () => {
    const { body, dropped } = sent({ parameters: { maxOutputTokens: 1 } })
    expect([body.max_output_tokens, dropped]).toEqual([16, ['maxOutputTokens']])
  })

  test('a model without sampling is sent none', () => {
    const parameters = { temperature: 0.5, topP: 0.9, logprobs: { top: 1 } }
    const { body, dropped } = sent({ parameters }, { facts: { reasoning: 'effort', sampling: false } })
    expect(body.include).toEqual(['reasoning.encrypted_content'])
    expect(dropped).toEqual(['temperature', 'topP', 'logprobs'])
  })

  test('whoever is too long to be named is hashed', () => {
    const { body, dropped } = sent({ parameters: { user: 'u'.repeat(65) } })
    expect(body.user).toMatch(/^[0-9a-f]{64}$/)
    expect(dropped).toEqual(['user'])
  })
})

describe('tools', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } } }

  test('functions are flat, and are not strict unless the caller says so', () => {
    const { body } = sent({
      tools: [
        { type: 'function', name: 'f', description: 'd', parameters: schema },
        { type: 'function', name: 'g', strict: true },
      ],
    })
    expect(body.tools).toEqual([
      { type: 'function', name: 'f', description: 'd', parameters: schema, strict: false },
      {
        type: 'function',
        name: 'g',
        parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
        strict: true,
      },
    ])
  })

  test('a caller of the same dialect keeps its default', () => {
    const tools = [{ type: 'function', name: 'f', parameters: schema }] as const
    expect(sent({ dialect: 'openai-responses', tools }).body.tools[0].strict).toBeNull()
  })

  const patch = {
    type: 'custom',
    name: 'patch',
    description: 'd',
    format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' },
  } as const

  test('custom tools keep their grammar', () => {
    const { body, dropped } = sent({ tools: [patch] })
    expect(body.tools).toEqual([patch])
    expect(dropped).toEqual([])
  })

  test('a host without custom tools is sent functions', () => {
    const { body, printed, dropped } = sent({ tools: [patch] }, { quirks: {} })
    expect(body.tools[0]).toMatchObject({ type: 'function', name: 'patch', strict: false })
    expect(body.tools[0].description).toContain('Lark grammar')
    expect([[...printed.customTools!], dropped]).toEqual([['patch'], ['format']])
  })

  test.each([
    [{ type: 'auto' }, 'auto'],
    [{ type: 'none' }, 'none'],
    [{ type: 'required' }, 'required'],
    [
      { type: 'tool', name: 'f' },
      { type: 'function', name: 'f' },
    ],
    [
      { type: 'tool', name: 'patch' },
      { type: 'custom', name: 'patch' },
    ],
    [
      { type: 'allowed', names: ['f'], required: true },
      { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'f' }] },
    ],
  ] as const)('the choice %j is %j', (toolChoice, printed) => {
    expect(sent({ tools: [{ type: 'function', name: 'f' }, patch], toolChoice }).body.tool_choice).toEqual(printed)
  })

  test('names that OpenAI refuses are replaced in tools, choice and calls, and can be read back', () => {
    const name = `mcp.${'x'.repeat(90)}`
    const { body, printed } = sent({
      tools: [{ type: 'function', name }],
      toolChoice: { type: 'tool', name },
      messages: [hi, { role: 'assistant', parts: [{ type: 'tool-call', id: 'c', name, input: '', form: 'function' }] }],
    })
    const [written] = [...printed.toolNames!.keys()]
    expect(written).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    expect([body.tools[0].name, body.tool_choice.name, body.input[1].name]).toEqual([written, written, written])
  })

  test('callers of the deprecated functions take one call', () => {
    const { body } = sent({ legacyFunctions: true, tools: [{ type: 'function', name: 'f' }] })
    expect(body.parallel_tool_calls).toBe(false)
  })

  test.each([
    ['gpt-5-codex', 'web_search'],
    ['o3-deep-research', 'web_search_preview'],
  ])('web search of chat completions is a tool of %s', (model, type) => {
    const location = { type: 'approximate', approximate: { country: 'PT' } }
    const extras = { web_search_options: { search_context_size: 'low', user_location: location } }
    expect(sent({ extras }, { ...codex, model }).body.tools).toEqual([
      { type, search_context_size: 'low', user_location: { type: 'approximate', country: 'PT' } },
    ])
  })
})

test.each([
  [{ type: 'text' }, { type: 'text' }],
  [{ type: 'json-object' }, { type: 'json_object' }],
  [
    { type: 'json-schema', name: 'n', schema: { type: 'object', additionalProperties: false }, strict: true },
    { type: 'json_schema', name: 'n', schema: { type: 'object', additionalProperties: false }, strict: true },
  ],
] as const)('the format %j', (responseFormat, format) => {
  expect(sent({ responseFormat }).body.text).toEqual({ format })
})

test('members of other dialects are named, and binding ones refuse the request', () => {
  expect(sent({ dialect: 'gemini', extras: { labels: {} } }).dropped).toEqual(['labels'])
  const request = requestOf({ dialect: 'gemini', extras: { cachedContent: 'x' } })
  const printed = openAiResponsesUpstream.printRequest(request, plainTarget)
  expect(printed).toMatchObject({ ok: false, error: { what: 'cachedContent' } })
})

test('the name of a message and cache markers are named', () => {
  const parts = [{ type: 'text', text: 'Hi', cache: '5m' }] as const
  expect(sent({ messages: [{ role: 'user', name: 'ann', parts }] }).dropped).toEqual(['cache_control', 'name'])
})
