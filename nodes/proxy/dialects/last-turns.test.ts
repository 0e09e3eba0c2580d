// The last turn of a conversation where it is the assistant's, at hosts beside Anthropic. Source: Bedrock's answer of Llama, "requires the
// last turn in the conversation to be a user message".
import { expect, test } from 'vitest'
import type { ChatRequest } from '../../../shared/chat/request.ts'
import { bedrockUpstream } from './bedrock/bedrock.ts'
import { cohereUpstream } from './cohere/cohere.ts'
import { sentTo } from './test-dialects.ts'

const user = { role: 'user', parts: [{ type: 'text', text: 'x' }] } as const
const begun: ChatRequest['messages'] = [user, { role: 'assistant', parts: [{ type: 'text', text: 'It is' }] }]

test.each([
  ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'assistant'],
  ['us.anthropic.claude-opus-4-6-v1', 'user'],
  ['us.amazon.nova-pro-v1:0', 'assistant'],
  ['us.meta.llama3-3-70b-instruct-v1:0', 'user'],
])('%s on Bedrock is sent a last turn of the %s', (model, role) => {
  expect(sentTo(bedrockUpstream, { messages: begun }, { model }).body.messages.at(-1).role).toBe(role)
})

test('Cohere is told of a result in the next message only where there is one', () => {
  const call = { type: 'tool-call', id: 'c1', name: 'f', input: '{}', form: 'function' } as const
  const result = { type: 'tool-result', callId: 'c1', parts: [{ type: 'text', text: '' }] } as const
  const messages = [user, { role: 'assistant', parts: [call] }, { role: 'user', parts: [result] }] as const
  expect(sentTo(cohereUpstream, { messages }).body.messages.at(-1)).toMatchObject({ role: 'tool', content: '' })
})
