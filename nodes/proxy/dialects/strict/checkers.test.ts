// The checkers find what the providers refuse.
import { expect, test } from 'vitest'
import { anthropicViolations } from './test-anthropic.ts'
import { bedrockViolations } from './test-bedrock.ts'
import { cohereViolations } from './test-cohere.ts'
import { geminiViolations, vertexGeminiViolations } from './test-gemini.ts'
import { chatViolations } from './test-openai-chat.ts'
import { responsesViolations } from './test-openai-responses.ts'
import type { StrictCheck } from './test-violations.ts'

const text = { type: 'text', text: 'hi' }
const said = [{ role: 'user', content: [text] }]
const claude = { max_tokens: 2_000, messages: said }
const chat = { messages: [{ role: 'user', content: 'hi' }] }
const responses = { input: [{ role: 'user', content: 'hi' }] }
const gemini = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }
const bedrock = { messages: [{ role: 'user', content: [{ text: 'hi' }] }] }
const cohere = { messages: [{ role: 'user', content: 'hi' }] }
const use = { type: 'tool_use', id: 'c', name: 'f', input: {} }
const result = { type: 'tool_result', tool_use_id: 'c' }
const toolCalls = [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }]
const functionCall = { name: 'f', args: {} }

function checked(check: StrictCheck, body: object, model: string): readonly string[] {
  return check({ path: `/model/${encodeURIComponent(model)}/converse`, model, body })
}

test.each<[string, StrictCheck, object]>([
  ['claude-sonnet-4-5', anthropicViolations, claude],
  ['gpt-5', chatViolations, chat],
  ['gpt-5', responsesViolations, responses],
  ['gemini-2.5-pro', geminiViolations, gemini],
  ['amazon.nova-pro-v1:0', bedrockViolations, bedrock],
  ['command-a-03-2025', cohereViolations, cohere],
])('a plain request for %s is within all limits', (model, check, body) => {
  expect(checked(check, body, model)).toEqual([])
})

test.each<[string, object]>([
  ['no max_tokens', { max_tokens: undefined }],
  ['a budget below the least', { thinking: { type: 'enabled', budget_tokens: 1_000 } }],
  ['a budget above max_tokens', { thinking: { type: 'enabled', budget_tokens: 2_000 } }],
  ['a temperature beside thinking', { thinking: { type: 'enabled', budget_tokens: 1_024 }, temperature: 1 }],
  ['a temperature beside top_p', { temperature: 1, top_p: 1 }],
  ['a blank stop sequence', { stop_sequences: ['\n'] }],
  ['an assistant first', { messages: [{ role: 'assistant', content: [text] }] }],
  ['a blank text', { messages: [{ role: 'user', content: [{ type: 'text', text: ' ' }] }] }],
  ['a space at the end', { messages: [...said, { role: 'assistant', content: [{ type: 'text', text: 'a ' }] }] }],
  ['a call without a result', { messages: [...said, { role: 'assistant', content: [use] }] }],
  ['a result without a call', { messages: [{ role: 'user', content: [result] }] }],
  [
    'a result behind a text',
    { messages: [...said, { role: 'assistant', content: [use] }, { role: 'user', content: [text, result] }] },
  ],
  ['an hour behind five minutes', { system: [5, '1h'].map((ttl) => ({ ...text, cache_control: { ttl } })) }],
  ['five markers', { system: Array.from({ length: 5 }, () => ({ ...text, cache_control: {} })) }],
  ['a choice without tools', { tool_choice: { type: 'auto' } }],
  [
    'an unknown choice',
    { tools: [{ name: 'f', input_schema: { type: 'object' } }], tool_choice: { type: 'tool', name: 'g' } },
  ],
  ['an odd name', { tools: [{ name: 'a.b', input_schema: { type: 'object' } }] }],
  ['an open format', { output_config: { format: { schema: { type: 'object' } } } }],
  ['an address', { metadata: { user_id: 'ann@example.com' } }],
])('Anthropic refuses %s', (_what, more) => {
  expect(checked(anthropicViolations, { ...claude, ...more }, 'claude-sonnet-4-5')).not.toEqual([])
})

test.each<[string, object]>([
  ['no messages', { messages: [] }],
  ['a temperature', { temperature: 1 }],
  ['an unknown effort', { reasoning_effort: 'xhigh' }],
  ['five stop sequences', { stop: ['a', 'b', 'c', 'd', 'e'] }],
  ['129 choices', { n: 129 }],
  ['long metadata', { metadata: { k: 'v'.repeat(513) } }],
  ['a long user', { user: 'u'.repeat(65) }],
  ['a call without a result', { messages: [{ role: 'assistant', tool_calls: toolCalls }] }],
  ['a result without a call', { messages: [{ role: 'tool', tool_call_id: 'c', content: '' }] }],
  ['a choice without tools', { tool_choice: 'auto' }],
  [
    'an open strict schema',
    { response_format: { type: 'json_schema', json_schema: { name: 'a', strict: true, schema: { type: 'object' } } } },
  ],
  ['an odd name of the format', { response_format: { type: 'json_schema', json_schema: { name: 'a b' } } }],
  ['JSON without the word', { response_format: { type: 'json_object' } }],
])('OpenAI refuses %s', (_what, more) => {
  expect(checked(chatViolations, { ...chat, ...more }, 'gpt-5')).not.toEqual([])
})

test.each<[string, object]>([
  ['an empty input', { input: [] }],
  ['fewer than 16 tokens', { max_output_tokens: 15 }],
  ['a call without an output', { input: [{ type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' }] }],
  ['an output without a call', { input: [{ type: 'function_call_output', call_id: 'c', output: '' }] }],
  [
    'a long id',
    {
      input: [
        { type: 'function_call', call_id: 'c'.repeat(65), name: 'f' },
        { type: 'function_call_output', call_id: 'c'.repeat(65) },
      ],
    },
  ],
])('the Responses API refuses %s', (_what, more) => {
  expect(checked(responsesViolations, { ...responses, ...more }, 'gpt-5')).not.toEqual([])
})

test.each<[string, object]>([
  ['no contents', { contents: [] }],
  ['no parts', { contents: [{ role: 'user', parts: [] }] }],
  ['a call first', { contents: [{ role: 'model', parts: [{ functionCall }] }] }],
  [
    'a call without a signature and a result',
    { contents: [...gemini.contents, { role: 'model', parts: [{ functionCall }] }] },
  ],
  ['six stop sequences', { generationConfig: { stopSequences: [...'abcdef'] } }],
  ['a budget', { generationConfig: { thinkingConfig: { thinkingBudget: 1_024 } } }],
  ['a name with a slash', { tools: [{ functionDeclarations: [{ name: 'a/b' }] }] }],
])('Gemini refuses %s', (_what, more) => {
  expect(checked(geminiViolations, { ...gemini, ...more }, 'gemini-3-pro-preview')).not.toEqual([])
})

test('Vertex AI refuses ids of calls', () => {
  const contents = [
    ...gemini.contents,
    { role: 'model', parts: [{ functionCall: { ...functionCall, id: 'c' } }] },
    { role: 'user', parts: [{ functionResponse: { name: 'f', id: 'c', response: {} } }] },
  ]
  expect(checked(geminiViolations, { contents }, 'gemini-2.5-pro')).toEqual([])
  expect(checked(vertexGeminiViolations, { contents }, 'gemini-2.5-pro')).toEqual(['no ids', 'no ids'])
})

const document = (name: string) => ({ document: { name, source: { bytes: '' } } })

test.each<[string, object]>([
  ['a temperature above 1', { inferenceConfig: { temperature: 1.1 } }],
  ['two turns of a role', { messages: [...bedrock.messages, ...bedrock.messages] }],
  ['a document without a text', { messages: [{ role: 'user', content: [document('a')] }] }],
  ['documents of one name', { messages: [{ role: 'user', content: [{ text: 'a' }, document('a'), document('a')] }] }],
  ['an odd name of a document', { messages: [{ role: 'user', content: [{ text: 'a' }, document('a.pdf')] }] }],
  ['a cache point first', { messages: [{ role: 'user', content: [{ cachePoint: {} }, { text: 'a' }] }] }],
  [
    'results without tools',
    { messages: [{ role: 'user', content: [{ toolResult: { toolUseId: 'c', content: [] } }] }] },
  ],
])('Bedrock refuses %s', (_what, more) => {
  expect(checked(bedrockViolations, { ...bedrock, ...more }, 'amazon.nova-pro-v1:0')).not.toEqual([])
})

test.each<[string, object]>([
  ['no messages', { messages: [] }],
  ['a large p', { p: 1 }],
  ['a negative penalty', { presence_penalty: -1 }],
  ['six stop sequences', { stop_sequences: [...'abcdef'] }],
  ['a format beside tools', { tools: [{ function: { name: 'f' } }], response_format: { type: 'json_object' } }],
  ['a result without a call', { messages: [{ role: 'tool', tool_call_id: 'c', content: '' }] }],
])('Cohere refuses %s', (_what, more) => {
  expect(checked(cohereViolations, { ...cohere, ...more }, 'command-a-03-2025')).not.toEqual([])
})
