// Where clients put cache markers that Anthropic takes elsewhere: on a message as a whole (LiteLLM's form), and within the content of
// a result ("cache_control may not be specified within `tool_result.content`. Instead, place it directly on `tool_result`").
import { expect, test } from 'vitest'
import type { Json } from '../../../shared/chat/parts.ts'
import { anthropicInbound, anthropicUpstream } from './anthropic/anthropic.ts'
import { bedrockUpstream } from './bedrock/bedrock.ts'
import { openAiChatInbound } from './openai-chat/openai-chat.ts'
import { sentTo } from './test-dialects.ts'

const cache_control = { type: 'ephemeral' }
const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }
const asked = (content: Json, more: object = {}) => [
  { role: 'user', content: 'x' },
  { role: 'assistant', content: null, tool_calls: [call] },
  { role: 'tool', tool_call_id: 'c1', content, ...more },
]

function read(messages: readonly Json[]) {
  const request = openAiChatInbound.parseRequest({ model: 'm', messages: [...messages] })
  if (!request.ok) throw new Error(request.error.path)
  expect(request.value.unknown).toEqual([])
  return request.value
}

const marked = [{ type: 'text', text: 'r', cache_control }]

test.each([
  ['within its content', asked(marked)],
  ['on its message', asked('r', { cache_control })],
])('a result that is marked %s is marked itself', (_, messages) => {
  const { body } = sentTo(anthropicUpstream, read(messages))
  const result = { type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: 'r' }], cache_control }
  expect(body.messages.at(-1).content).toEqual([result])
  const bedrock = sentTo(bedrockUpstream, read(messages), { model: 'anthropic.claude-sonnet-4-5-v1:0' })
  expect(bedrock.body.messages.at(-1).content.at(-1)).toEqual({ cachePoint: { type: 'default' } })
})

test('a result of a Messages caller that is marked within its content is marked itself', () => {
  const result = { type: 'tool_result', tool_use_id: 'c1', content: marked }
  const messages = [{ role: 'user', content: [result] }]
  const request = anthropicInbound.parseRequest({ model: 'm', max_tokens: 9, messages })
  if (!request.ok) throw new Error(request.error.path)
  const content = [{ ...result, content: [{ type: 'text', text: 'r' }], cache_control }]
  expect(sentTo(anthropicUpstream, request.value).body.messages[0].content).toEqual(content)
})

test.each(['user', 'system', 'assistant'])('a marker on a message of the %s stands behind its text', (role) => {
  const messages = [
    { role, content: 'x', cache_control },
    { role: 'user', content: 'y' },
  ]
  const { body } = sentTo(anthropicUpstream, read(messages))
  const texts = [...(body.system ?? []), ...body.messages.flatMap(({ content }: { content: object[] }) => content)]
  expect(texts).toContainEqual({ type: 'text', text: 'x', cache_control })
})
