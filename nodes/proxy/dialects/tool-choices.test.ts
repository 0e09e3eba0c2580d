// The forms in which clients choose tools, and what hosts are sent of them.
import { expect, test } from 'vitest'
import type { Json } from '../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../shared/chat/request.ts'
import { openAiChatInbound, openAiChatUpstream } from './openai-chat/openai-chat.ts'
import { openAiResponsesInbound } from './openai-responses/openai-responses.ts'
import { sentTo } from './test-dialects.ts'

const parameters = { type: 'object', properties: {} }
const nested = { tools: [{ type: 'function', function: { name: 'f', parameters } }], messages: [] }
const flat = { tools: [{ type: 'function', name: 'f', parameters }], input: [] }

test.each<[Json, ChatRequest['toolChoice'] | undefined]>([
  ['auto', { type: 'auto' }],
  ['any', { type: 'required' }],
  [{ type: 'auto' }, { type: 'auto' }],
  [{ type: 'none' }, { type: 'none' }],
  [{ type: 'any' }, { type: 'required' }],
  [{ type: 'required' }, { type: 'required' }],
  [{ type: 'web_search' }, { type: 'tool', name: 'web_search' }],
])('the choice %j is read', (tool_choice, toolChoice) => {
  expect(openAiChatInbound.parseRequest({ ...nested, tool_choice })).toMatchObject({ ok: true, value: { toolChoice } })
  const read = openAiResponsesInbound.parseRequest({ ...flat, tool_choice })
  expect(read).toMatchObject({ ok: true, value: { toolChoice } })
})

const f = { type: 'function', name: 'f', parameters } as const
const g = { type: 'function', name: 'g', parameters } as const

// OpenAI: "'tool_choice' is only allowed when 'tools' are specified", and the same of parallel_tool_calls.
test('without tools a host is sent no choice, and nothing is lost', () => {
  const asked = { toolChoice: { type: 'auto' }, parameters: { parallelToolCalls: false } } as const
  const { body, dropped } = sentTo(openAiChatUpstream, asked)
  expect(body).not.toHaveProperty('tool_choice')
  expect(body).not.toHaveProperty('parallel_tool_calls')
  expect(dropped).toEqual([])
})

const one = { toolChoice: { type: 'allowed', names: ['g'], required: true }, tools: [f, g] } as const

test('OpenAI is sent the list of allowed tools', () => {
  const { body } = sentTo(openAiChatUpstream, one, { quirks: { customTools: true } })
  expect(body.tools).toHaveLength(2)
  expect(body.tool_choice).toMatchObject({ type: 'allowed_tools', allowed_tools: { mode: 'required' } })
})

test('a host that does not know the list is offered the allowed tools alone', () => {
  const { body } = sentTo(openAiChatUpstream, one)
  expect(body.tools).toEqual([expect.objectContaining({ function: expect.objectContaining({ name: 'g' }) })])
  expect(body.tool_choice).toBe('required')
})

// Together, Fireworks and llama.cpp take the schema beside the word `json_object`.
test('a schema beside json_object is a schema', () => {
  const read = openAiChatInbound.parseRequest({
    ...nested,
    response_format: { type: 'json_object', schema: parameters },
  })
  expect(read).toMatchObject({ ok: true, value: { responseFormat: { type: 'json-schema', schema: parameters } } })
})

const older = { type: 'function', function: { name: 'f', description: 'older' } }
const server = (label: string) => ({ type: 'mcp', server_label: label, server_url: 'https://a.example' })

// Anthropic: "tools: Tool names must be unique."; Google: "Duplicate function declaration found".
test('a tool that is told twice is one, and two servers of tools are two', () => {
  const read = openAiChatInbound.parseRequest({ messages: [], tools: [older, ...nested.tools] })
  expect(read).toMatchObject({ ok: true, value: { tools: [{ name: 'f', parameters }] } })
  const servers = openAiResponsesInbound.parseRequest({ input: [], tools: [server('a'), ...flat.tools, server('b')] })
  const kinds = [{ type: 'hosted' }, { name: 'f' }, { type: 'hosted' }]
  expect(servers).toMatchObject({ ok: true, value: { tools: kinds } })
})
