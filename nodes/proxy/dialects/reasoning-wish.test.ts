// The objects `reasoning` (OpenRouter) and `thinking` (Anthropic's form, as LiteLLM's clients send it) of a chat body, at every target.
// Sources: openrouter.ai/docs "Reasoning tokens"; @anthropic-ai/sdk 1.14, ThinkingConfigParam.
import { describe, expect, test } from 'vitest'
import type { ModelFacts } from '../../../shared/chat/capabilities.ts'
import { anthropicUpstream } from './anthropic/anthropic.ts'
import { bedrockUpstream } from './bedrock/bedrock.ts'
import { cohereUpstream } from './cohere/cohere.ts'
import type { Quirks } from './dialect.ts'
import { geminiUpstream } from './gemini/gemini.ts'
import { openAiChatInbound, openAiChatUpstream } from './openai-chat/openai-chat.ts'
import { sentTo } from './test-dialects.ts'

function asked(members: object) {
  const read = openAiChatInbound.parseRequest({ messages: [{ role: 'user', content: 'x' }], ...members })
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  return read.value
}

const budget: ModelFacts = { reasoning: 'budget', outputTokensMax: 64_000 }
const thinks = (model: string, members: object) =>
  sentTo(anthropicUpstream, asked(members), { model, facts: budget }).body.thinking

test.each<[object, object | undefined]>([
  [{ reasoning: { effort: 'high' } }, { type: 'enabled', budget_tokens: 16_384 }],
  [{ reasoning: { max_tokens: 3000 } }, { type: 'enabled', budget_tokens: 3000 }],
  [{ reasoning: { enabled: true } }, { type: 'enabled', budget_tokens: 8192 }],
  [{ reasoning: { enabled: false } }, undefined],
  [{ reasoning: { effort: 'none' } }, undefined],
  [{ reasoning: { max_tokens: 3000, exclude: true } }, { type: 'enabled', budget_tokens: 3000, display: 'omitted' }],
  [{ thinking: { type: 'enabled', budget_tokens: 2000 } }, { type: 'enabled', budget_tokens: 2000 }],
  [{ thinking: { type: 'enabled' } }, { type: 'enabled', budget_tokens: 8192 }],
  [{ thinking: { type: 'disabled' } }, undefined],
  [
    { reasoning_effort: 'low', reasoning: { effort: 'high' } },
    { type: 'enabled', budget_tokens: 2048 },
  ],
  [{ reasoning: null, thinking: null }, undefined],
])('Claude: %j → %j', (members, thinking) => {
  expect(thinks('claude-sonnet-4-5', members)).toEqual(thinking)
})

const ours = { reasoning: { max_tokens: 3000 } }

test('every other target understands a budget, too', () => {
  const to = (up: Parameters<typeof sentTo>[0], model: string, facts: ModelFacts = {}) =>
    sentTo(up, asked(ours), { model, facts })
  expect(to(geminiUpstream, 'gemini-2.5-pro').body.generationConfig.thinkingConfig.thinkingBudget).toBe(3000)
  expect(to(geminiUpstream, 'gemini-3-pro-preview').body.generationConfig.thinkingConfig.thinkingLevel).toBeDefined()
  const bedrock = to(bedrockUpstream, 'anthropic.claude-sonnet-4-5', budget).body
  expect(bedrock.additionalModelRequestFields.thinking.budget_tokens).toBe(3000)
  expect(to(cohereUpstream, 'command-a-reasoning').body.thinking).toMatchObject({ token_budget: 3000 })
  expect(to(openAiChatUpstream, 'gpt-5').body).toMatchObject({ reasoning_effort: 'medium' })
  for (const up of [geminiUpstream, cohereUpstream, openAiChatUpstream]) expect(to(up, 'm').dropped).toEqual([])
})

describe('hosts of OpenAI’s dialect', () => {
  const sent = (members: object, reasoningForm: Quirks['reasoningForm']) => {
    const { body } = sentTo(openAiChatUpstream, asked(members), { model: 'a-model', quirks: { reasoningForm } })
    const { reasoning, thinking, reasoning_effort } = body
    return JSON.parse(JSON.stringify({ reasoning, thinking, reasoning_effort }))
  }

  test.each<[object, Quirks['reasoningForm'], object]>([
    [ours, 'reasoning', { reasoning: { max_tokens: 3000 } }],
    [{ reasoning_effort: 'low' }, 'reasoning', { reasoning: { effort: 'low' } }],
    [{ thinking: { type: 'adaptive' } }, 'reasoning', { reasoning: { enabled: true } }],
    [{ reasoning: { effort: 'low', exclude: true } }, 'reasoning', { reasoning: { effort: 'low', exclude: true } }],
    [{ reasoning: { enabled: false } }, 'thinking', { thinking: { type: 'disabled' } }],
    [{ thinking: { type: 'enabled' } }, 'thinking', { thinking: { type: 'enabled' } }],
    [{ reasoning_effort: 'high' }, 'thinking', { reasoning_effort: 'high' }],
    [{ thinking: { type: 'enabled', budget_tokens: 2000 } }, undefined, { reasoning_effort: 'low' }],
  ])('%j at a host of the form %s → %j', (members, form, expected) => {
    expect(sent(members, form)).toEqual(expected)
  })
})

test('an object that says nothing of the amount is named as dropped', () => {
  const { dropped } = sentTo(anthropicUpstream, asked({ reasoning: { exclude: true } }))
  expect(dropped).toEqual(['reasoning'])
})

test('what a target cannot do is named by the member that the caller sent', () => {
  const { dropped } = sentTo(anthropicUpstream, asked(ours), { model: 'claude-3-haiku', facts: { reasoning: 'none' } })
  expect(dropped).toEqual(['reasoning'])
})
