// Schemas that one API means in another way than the next. Sources: OpenAI's guide "Structured outputs" (all members required,
// objects closed), Anthropic's (members may be optional), @google/genai `Schema` (integers of 64 bits are texts).
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../shared/chat/request.ts'
import { anthropicInbound, anthropicUpstream } from './anthropic/anthropic.ts'
import { bedrockUpstream } from './bedrock/bedrock.ts'
import { cohereUpstream } from './cohere/cohere.ts'
import type { TargetTraits, UpstreamDialect } from './dialect.ts'
import { geminiStreamInbound, geminiUpstream } from './gemini/gemini.ts'
import { openAiChatUpstream } from './openai-chat/openai-chat.ts'
import { openAiResponsesUpstream } from './openai-responses/openai-responses.ts'
import { plainTarget, requestOf, sentTo, valuesOf } from './test-dialects.ts'

const [a, b] = [{ type: 'string' }, { type: 'number' }]
const closed = { type: 'object', additionalProperties: false }
const whole = { ...closed, properties: { a, b }, required: ['a', 'b'] }
const optional = { ...closed, properties: { a, b }, required: ['a'] }

const schemas: readonly (readonly [string, JsonObject, boolean])[] = [
  ['with all members required', whole, true],
  ['with an optional member', optional, false],
  ['that is open', { type: 'object', properties: { a }, required: ['a'] }, false],
  [
    'with an optional member in a list',
    { ...closed, properties: { l: { type: 'array', items: optional } }, required: ['l'] },
    false,
  ],
  [
    'with an optional member in a variant',
    { ...closed, properties: { v: { anyOf: [a, optional] } }, required: ['v'] },
    false,
  ],
  ['with an optional member in a definition', { ...whole, $defs: { o: optional } }, false],
]

describe.each([
  ['chat completions', openAiChatUpstream],
  ['the Responses API', openAiResponsesUpstream],
])('over %s', (_, upstream) => {
  test.each(schemas)("a strict schema of a Messages caller %s is strict in OpenAI's sense: %j", (_, schema, wanted) => {
    const read = anthropicInbound.parseRequest({
      max_tokens: 99,
      messages: [],
      tools: [{ name: 'f', strict: true, input_schema: schema }],
      output_config: { format: { type: 'json_schema', schema } },
    })
    if (!read.ok) throw new Error(read.error.path)
    const { body, dropped } = sentTo(upstream, read.value)
    expect(valuesOf(body, 'strict').filter((strict) => strict === true)).toHaveLength(wanted ? 2 : 0)
    expect(dropped).toEqual(wanted ? [] : ['strict'])
  })
})

test("Google's schema becomes JSON Schema: counts are numbers, and no type is none", () => {
  const parameters = {
    type: 'OBJECT',
    properties: {
      a: { type: 'ARRAY', minItems: '1', maxItems: 3, items: { type: 'STRING', maxLength: '20' } },
      minItems: { type: 'TYPE_UNSPECIFIED', description: '1' },
    },
  }
  const read = geminiStreamInbound('sse').parseRequest({
    contents: [],
    tools: [{ functionDeclarations: [{ name: 'f', parameters }] }],
  })
  if (!read.ok) throw new Error(read.error.path)
  expect(valuesOf(sentTo(openAiChatUpstream, read.value).body, 'parameters')[0]).toEqual({
    type: 'object',
    properties: {
      a: { type: 'array', minItems: 1, maxItems: 3, items: { type: 'string', maxLength: 20 } },
      minItems: { description: '1' },
    },
  })
})

const list = { type: 'array', items: a }
const tools = [{ type: 'function', name: 'f' }] as const

// OpenAI: "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'". The input of a tool is an object everywhere.
test.each<[string, UpstreamDialect, Partial<TargetTraits>, Partial<ChatRequest>, boolean]>([
  ['OpenAI', openAiChatUpstream, { quirks: { customTools: true } }, {}, false],
  ['another host', openAiChatUpstream, {}, {}, true],
  ['the Responses API', openAiResponsesUpstream, {}, {}, false],
  ['Claude', anthropicUpstream, { model: 'claude-sonnet-4-5' }, {}, true],
  ['an older Claude', anthropicUpstream, { model: 'claude-3-haiku' }, {}, false],
  ['Nova', bedrockUpstream, { model: 'amazon.nova-pro-v1:0' }, {}, false],
  ['Gemini', geminiUpstream, { model: 'gemini-2.5-flash' }, {}, true],
  ['Gemini beside tools', geminiUpstream, { model: 'gemini-2.5-flash' }, { tools }, false],
  ['Cohere beside tools', cohereUpstream, {}, { tools }, false],
])('a list as the answer is asked of %s only where it can give one', (_, upstream, target, more, wanted) => {
  const asked = requestOf({ responseFormat: { type: 'json-schema', name: 'n', schema: list }, ...more })
  const printed = upstream.printRequest(asked, { ...plainTarget, ...target })
  expect(printed.ok).toBe(wanted)
  if (!printed.ok) expect(printed.error.capability).toBe('structured output')
})
