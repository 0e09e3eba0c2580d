// Content that providers refuse. Anthropic, also on Vertex AI: "messages: text content blocks must contain non-whitespace
// text", "first message must use the \"user\" role", "final assistant content cannot end with trailing whitespace",
// "content cannot be empty if `is_error` is true". Bedrock: `Message.content` in the API reference ("If you include a
// ContentBlock with a document field in the array, you must also include a ContentBlock with a text field"), and Claude's
// rules. Gemini: "contents is not specified", "function call turn comes immediately after a user turn".
import { expect, test } from 'vitest'
import type { Message } from '../../../shared/chat/request.ts'
import { anthropicUpstream } from './anthropic/anthropic.ts'
import { bedrockUpstream } from './bedrock/bedrock.ts'
import { geminiUpstream } from './gemini/gemini.ts'
import { sentTo, valuesOf } from './test-dialects.ts'
import { vertexClaudeUpstream } from './vertex/vertex.ts'

const text = (said: string) => ({ type: 'text' as const, text: said })
const user = (said: string): Message => ({ role: 'user', parts: [text(said)] })
const assistant = (said: string): Message => ({ role: 'assistant', parts: [text(said)] })
const call = { type: 'tool-call' as const, id: 'c', name: 'w', input: '{}', form: 'function' as const }
const called: Message = { role: 'assistant', parts: [text('\n\n'), call] }
const result = (said: string, isError: boolean): Message => ({
  role: 'user',
  parts: [{ type: 'tool-result', callId: 'c', parts: [text(said)], isError }],
})

const hosts = [
  ['Anthropic', anthropicUpstream, 'claude-sonnet-4-5'],
  ['Claude on Vertex AI', vertexClaudeUpstream, 'claude-sonnet-4-5'],
  ['Claude on Bedrock', bedrockUpstream, 'anthropic.claude-sonnet-4-5-20250929-v1:0'],
] as const

const conversations: Record<string, Message[]> = {
  'white space beside a call': [user('hi'), called, result('x', false)],
  'white space as a turn of the assistant': [user('hi'), assistant(' '), user('still there?')],
  'white space as instructions': [{ role: 'system', parts: [text(' \n')] }, user('hi')],
  'white space as a part': [{ role: 'user', parts: [text(' '), text('hi')] }],
  'white space as a refusal': [user('hi'), { role: 'assistant', parts: [{ type: 'refusal', text: ' ' }] }, user('a')],
  'white space as a result': [user('hi'), called, result('\n', false)],
  'white space as an error': [user('hi'), called, result('\n', true)],
  'white space alone': [user(' ')],
  'white space at the end': [user('hi'), assistant('{ '), assistant(' ')],
  'an assistant who begins': [{ role: 'system', parts: [text('be kind')] }, assistant('How can I help?'), user('joke')],
  'an assistant who begins with a call': [called, result('x', false)],
}

for (const [host, upstream, model] of hosts) {
  test.each(Object.entries(conversations))(`${host} is never sent %s`, (_what, messages) => {
    const { body } = sentTo(upstream, { messages }, { model })
    const texts = valuesOf([body.system, body.messages], 'text') as string[]
    for (const one of texts) expect(one.trim()).not.toBe('')
    const turns = body.messages as { role: string; content: object[] }[]
    expect(turns[0]?.role).toBe('user')
    for (const [i, { role, content }] of turns.entries()) {
      expect([role, content.length > 0]).toEqual([i % 2 === 0 ? 'user' : 'assistant', true])
    }
    if (turns.at(-1)?.role === 'assistant') expect(texts.at(-1)).toBe(texts.at(-1)?.trimEnd())
    const errors = valuesOf(turns, 'is_error').length
    if (errors > 0) expect(JSON.stringify(turns)).toContain('(no output)')
  })

  test(`${host} is sent what stands beside white space`, () => {
    const { body } = sentTo(upstream, { messages: conversations['white space as a part'] ?? [] }, { model })
    expect(valuesOf(body.messages, 'text')).toEqual(['hi'])
    const begun = sentTo(upstream, { messages: conversations['an assistant who begins'] ?? [] }, { model }).body
    expect(valuesOf(begun.messages, 'text')).toEqual(['…', 'How can I help?', 'joke'])
  })
}

const pdf = {
  type: 'file' as const,
  media: { from: 'bytes' as const, base64: 'JVBERi0x', mediaType: 'application/pdf' },
}

test.each([
  ['alone gets a text', [pdf], 1],
  ['beside a text keeps that one', [pdf, text('compare')], 1],
])('on Bedrock a document %s', (_what, parts, texts) => {
  const { body } = sentTo(bedrockUpstream, { messages: [{ role: 'user', parts }] }, { model: 'amazon.nova-pro-v1:0' })
  expect(valuesOf(body.messages, 'text')).toHaveLength(texts)
})

test.each([
  ['nothing', [], ['user']],
  ['a call first', [called, result('x', false)], ['user', 'model', 'user']],
])('Gemini is sent a turn of the user for %s', (_what, messages, roles) => {
  const { body } = sentTo(geminiUpstream, { messages }, { model: 'gemini-2.5-pro' })
  expect(valuesOf(body.contents, 'role')).toEqual(roles)
  expect(valuesOf(body.contents, 'parts').every((parts) => (parts as object[]).length > 0)).toBe(true)
})
