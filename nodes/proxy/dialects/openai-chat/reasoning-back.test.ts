// What hosts of OpenAI's dialect are sent of the reasoning of earlier turns.
import { describe, expect, test } from 'vitest'
import type { AssistantPart, Family, ReasoningPart } from '../../../../shared/chat/parts.ts'
import { anthropicUpstream } from '../anthropic/anthropic.ts'
import type { ReasoningBack } from '../dialect.ts'
import { sentTo } from '../test-dialects.ts'
import { openAiChatInbound, openAiChatUpstream } from './openai-chat.ts'

const call: AssistantPart = { type: 'tool-call', form: 'function', id: 'c', name: 'f', input: '{}' }
const thought: ReasoningPart = { type: 'reasoning', text: 'I should look' }
const sealedBy = (family: Family, text = 'Hm.'): ReasoningPart => ({
  type: 'reasoning',
  text,
  id: 'rs_1',
  encrypted: { family, data: `of ${family}` },
})

function messageOf(parts: readonly AssistantPart[], model: string, reasoningBack?: ReasoningBack) {
  const messages = [{ role: 'assistant', parts } as const]
  return sentTo(openAiChatUpstream, { messages }, { model, quirks: { reasoningBack } }).body.messages[0]
}

const said = { reasoning_content: 'I should look' }

// Sources: the guides of the makers, named in `reasoning-back.ts`.
test.each<[string, object]>([
  ['kimi-k2-thinking', said],
  ['moonshotai/Kimi-K2.6', said],
  ['deepseek-reasoner', said],
  ['deepseek-v4', said],
  ['zai-org/GLM-4.6', said],
  ['MiniMax-M2', said],
  ['qwen3-235b-a22b-thinking-2507', said],
  ['mimo-v2-flash', said],
  ['gpt-5', {}],
  ['kimi-k2-0905-preview', {}],
  ['llama-3.3-70b', {}],
])('at a host that is not listed, %s is sent %j', (model, members) => {
  const { role: _, content: _c, tool_calls: _t, ...rest } = messageOf([thought, call], model)
  expect(rest).toEqual(members)
})

test.each<[ReasoningBack, object]>([
  ['reasoning_content', said],
  ['reasoning', { reasoning: 'I should look' }],
  [
    'reasoning_details',
    { reasoning: 'I should look', reasoning_details: [{ type: 'reasoning.text', text: 'I should look', index: 0 }] },
  ],
  ['none', {}],
])('a host that wants %s is sent that, whatever its model', (form, members) => {
  const { role: _, content: _c, tool_calls: _t, ...rest } = messageOf([thought, call], 'kimi-k2-thinking', form)
  expect(rest).toEqual(members)
})

test.each(['kimi-k2-thinking', 'deepseek-v4'])(
  '%s, which refuses calls without reasoning, is sent a space',
  (model) => {
    expect(messageOf([call], model).reasoning_content).toBe(' ')
    expect(messageOf([call], model, 'none')).not.toHaveProperty('reasoning_content')
    expect(messageOf([{ type: 'text', text: 'Hi' }], model)).not.toHaveProperty('reasoning_content')
  },
)

describe('at OpenRouter', () => {
  const families: readonly Family[] = ['anthropic', 'openai', 'google', 'xai']
  const all = families.map((family) => sealedBy(family))

  test.each<[string, Family]>([
    ['anthropic/claude-opus-4.7', 'anthropic'],
    ['openai/gpt-5', 'openai'],
    ['google/gemini-3-pro-preview', 'google'],
    ['x-ai/grok-4', 'xai'],
  ])('%s is sent what %s sealed, and nothing else', (model, family) => {
    const { reasoning_details: details } = messageOf([...all, thought, call], model, 'reasoning_details')
    expect(details.map((one: { data?: string; text?: string }) => one.data ?? one.text)).toEqual([
      'Hm.',
      `of ${family}`,
    ])
    expect(details[1]).toMatchObject({ id: 'rs_1', type: 'reasoning.encrypted' })
  })

  test('a model of another maker is sent the text alone', () => {
    const { reasoning_details: details } = messageOf([...all, call], 'moonshotai/kimi-k2.5', 'reasoning_details')
    expect(JSON.stringify(details)).not.toContain('of ')
    expect(details).toHaveLength(4)
  })
})

test('Claude’s blocks in a chat message (LiteLLM’s `thinking_blocks`) go back to Claude', () => {
  const thinking_blocks = [
    { type: 'thinking', thinking: 'Hm.', signature: 'SIG' },
    { type: 'redacted_thinking', data: 'RED' },
  ]
  const message = { role: 'assistant', content: 'Hi', reasoning_content: 'Hm.', thinking_blocks }
  const read = openAiChatInbound.parseRequest({ messages: [{ role: 'user', content: 'x' }, message] })
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  expect(sentTo(anthropicUpstream, read.value).body.messages[1].content.slice(0, 2)).toEqual(thinking_blocks)
})
