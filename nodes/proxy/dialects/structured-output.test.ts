// Structured output where a model has it: `output_config.format` of Anthropic (`JSONOutputFormat` in @anthropic-ai/sdk),
// `outputConfig.textFormat` and `toolSpec.strict` of Bedrock (`OutputConfig` in @aws-sdk/client-bedrock-runtime), for Claude since
// 4.5. Schemas are compared with what Anthropic's own SDK makes of them. Citations and a begun answer exclude a format (page
// "Structured outputs").
import assert from 'node:assert/strict'
import { transformJSONSchema } from '@anthropic-ai/sdk/lib/transform-json-schema'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../shared/chat/request.ts'
import { restoreAnswer } from '../../../shared/chat/tool-forms.ts'
import type { ToolChoice } from '../../../shared/chat/tools.ts'
import { anthropicUpstream } from './anthropic/anthropic.ts'
import { fitSchema } from './anthropic/fit-schema.ts'
import { bedrockUpstream } from './bedrock/bedrock.ts'
import { cohereUpstream } from './cohere/cohere.ts'
import { geminiUpstream } from './gemini/gemini.ts'
import { sentTo, valuesOf } from './test-dialects.ts'
import { vertexClaudeUpstream } from './vertex/vertex.ts'

const inner = { type: 'object', properties: { x: { type: 'string', maxLength: 5 } } }
const schema = {
  type: 'object',
  properties: { age: { type: 'integer', description: 'years', minimum: 0 }, inner },
  required: ['age'],
}
const messages: ChatRequest['messages'] = [{ role: 'user', parts: [{ type: 'text', text: 'a person' }] }]
const responseFormat = { type: 'json-schema' as const, name: 'p', schema }
const tool = (name: string) => ({ type: 'function' as const, name, parameters: schema })

test.each<JsonObject>([
  schema,
  { type: 'array', items: schema, minItems: 1 },
  { type: 'array', items: { type: 'string', format: 'email' }, minItems: 3, uniqueItems: true },
  { type: 'string', format: 'color', pattern: '^#' },
  { anyOf: [inner, { type: 'null' }], description: 'maybe' },
  { oneOf: [inner, { const: 'none' }] },
  { allOf: [inner] },
  { type: 'string', enum: ['a', 'b'] },
  { $schema: 'x', $defs: { inner }, type: 'object', properties: { a: { $ref: '#/$defs/inner' } } },
])('the schema %j is fitted as the SDK fits it', (one) => {
  expect(JSON.parse(JSON.stringify(fitSchema(one)))).toEqual(transformJSONSchema(one as never))
})

test('schemas that the SDK leaves to the API are fitted as well', () => {
  const closed = { type: 'object', properties: {}, additionalProperties: false }
  const fitted = (one: JsonObject) => JSON.parse(JSON.stringify(fitSchema(one)))
  expect(fitted({ type: ['object', 'null'], properties: {} })).toEqual({ anyOf: [closed, { type: 'null' }] })
  expect(fitted({ definitions: { a: inner }, $ref: '#/definitions/a' })).toMatchObject({ $ref: '#/$defs/a' })
})

const claudes = [
  ['Anthropic', anthropicUpstream, 'claude-sonnet-4-5'],
  ['Anthropic', anthropicUpstream, 'claude-opus-4-7'],
  ['Anthropic', anthropicUpstream, 'claude-sonnet-5'],
  ['Vertex AI', vertexClaudeUpstream, 'claude-haiku-4-5@20251001'],
] as const

describe.each(claudes)('%s', (_host, upstream, model) => {
  test(`${model} is sent a format of its own, and thinks beside it`, () => {
    const reasoning = { effort: 'high' as const }
    const request = { messages, responseFormat, parameters: { reasoning } }
    const { body, dropped } = sentTo(upstream, request, { model, facts: { reasoning: 'adaptive' } })
    expect(body.output_config.format).toEqual({ type: 'json_schema', schema: transformJSONSchema(schema as never) })
    expect([body.tools, body.thinking, dropped]).toEqual([undefined, { type: 'adaptive' }, []])
  })

  test(`${model} keeps strict tools, with a schema that fits`, () => {
    const { body, dropped } = sentTo(upstream, { messages, tools: [{ ...tool('f'), strict: true }] }, { model })
    expect(body.tools[0]).toMatchObject({ strict: true, input_schema: transformJSONSchema(schema as never) })
    expect(dropped).toEqual([])
  })
})

test.each(['claude-sonnet-4-20250514', 'claude-opus-4-1-20250805', 'claude-3-5-sonnet-20241022'])(
  '%s is made to call a tool instead',
  (model) => {
    const { body, printed } = sentTo(anthropicUpstream, { messages, responseFormat }, { model })
    expect([body.output_config, printed.jsonTool]).toEqual([undefined, 'json_answer'])
  },
)

test.each<[string, Partial<ChatRequest>]>([
  ['a begun answer', { messages: [...messages, { role: 'assistant', parts: [{ type: 'text', text: '{' }] }] }],
  [
    'citations',
    { messages: [{ role: 'user', parts: [{ type: 'file', citable: true, media: { from: 'text', text: 'x' } }] }] },
  ],
  ['no schema', { messages, responseFormat: { type: 'json-object' } }],
])('a format is not sent beside %s', (_what, request) => {
  const { body, printed } = sentTo(anthropicUpstream, { responseFormat, ...request }, { model: 'claude-sonnet-4-5' })
  expect([body.output_config, printed.jsonTool]).toEqual([undefined, 'json_answer'])
})

test('Claude on Bedrock is sent a format and strict tools of Converse', () => {
  const model = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
  const { body } = sentTo(
    bedrockUpstream,
    { messages, responseFormat, tools: [{ ...tool('f'), strict: true }] },
    { model },
  )
  const { type, structure } = body.outputConfig.textFormat
  expect([type, structure.jsonSchema.name]).toEqual(['json_schema', 'p'])
  expect(JSON.parse(structure.jsonSchema.schema)).toEqual(transformJSONSchema(schema as never))
  const [{ toolSpec }] = body.toolConfig.tools
  expect([toolSpec.strict, toolSpec.inputSchema.json]).toEqual([true, transformJSONSchema(schema as never)])
})

test.each(['amazon.nova-pro-v1:0', 'anthropic.claude-3-haiku-20240307-v1:0'])(
  'for %s strict is named as dropped, and a format becomes a tool',
  (model) => {
    const strict = sentTo(bedrockUpstream, { messages, tools: [{ ...tool('f'), strict: true }] }, { model })
    expect([valuesOf(strict.body, 'strict'), strict.dropped]).toEqual([[], ['strict']])
    const formatted = sentTo(bedrockUpstream, { messages, responseFormat }, { model })
    expect([formatted.body.outputConfig, formatted.printed.jsonTool]).toEqual([undefined, 'json_answer'])
  },
)

const hosts = [
  ['Anthropic', anthropicUpstream, 'claude-3-haiku-20240307'],
  ['Bedrock', bedrockUpstream, 'amazon.nova-pro-v1:0'],
  ['Gemini', geminiUpstream, 'gemini-2.5-pro'],
  ['Cohere', cohereUpstream, 'command-a-03-2025'],
] as const

const tools = [tool('f'), tool('g')]

describe.each<[string, ToolChoice, string | undefined]>([
  ['a named tool', { type: 'tool', name: 'g' }, undefined],
  ['a required tool', { type: 'required' }, undefined],
  ['a required one of some tools', { type: 'allowed', names: ['g'], required: true }, undefined],
  ['some tools', { type: 'allowed', names: ['g'], required: false }, 'json_answer'],
  ['any tool', { type: 'auto' }, 'json_answer'],
])('an emulated format beside %s', (_what, toolChoice, jsonTool) => {
  test.each(hosts)('does not override the choice at %s', (_host, upstream, model) => {
    const asked = sentTo(upstream, { messages, tools, toolChoice, responseFormat }, { model })
    expect(asked.printed.jsonTool).toBe(jsonTool)
    const plain = sentTo(upstream, { messages, tools, toolChoice }, { model })
    if (jsonTool === undefined) expect(asked.body).toEqual(plain.body)
    else expect(valuesOf(asked.body, 'name')).toEqual([...valuesOf(plain.body, 'name'), jsonTool])
  })
})

describe('a tool of the caller whose fitted name is that of the emulated format', () => {
  const request = { messages, responseFormat, tools: [tool('json answer')] }

  test.each(hosts)('the format has another name at %s, and is known by it', (_host, upstream, model) => {
    const { body, printed } = sentTo(upstream, request, { model })
    const sent = valuesOf(body, 'name')
    expect(sent).toEqual(['json_answer', 'json_answer_2'])
    expect(sent.map((name) => printed.toolNames?.get(name as string))).toEqual(['json answer', printed.jsonTool])
  })

  test('the call of the format becomes the text of the answer', () => {
    const { printed } = sentTo(anthropicUpstream, request, { model: 'claude-3-haiku-20240307' })
    const content = [{ type: 'tool_use', id: 't', name: 'json_answer_2', input: { age: 1 } }]
    const answer = anthropicUpstream.parseAnswer({ content, stop_reason: 'tool_use' }, printed)
    assert(answer !== undefined)
    expect(restoreAnswer(answer, printed).choices[0]).toMatchObject({
      parts: [{ type: 'text', text: '{"age":1}' }],
      finish: { reason: 'stop' },
    })
  })
})
