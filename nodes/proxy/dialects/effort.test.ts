// Which word for the amount of reasoning each model is sent; the words of the families are in `shared/models/effort-words.ts`.
import { expect, test } from 'vitest'
import type { ModelFacts } from '../../../shared/chat/capabilities.ts'
import type { ReasoningWish } from '../../../shared/chat/request.ts'
import { effortWords } from '../../../shared/models/effort-words.ts'
import { anthropicInbound, anthropicUpstream } from './anthropic/anthropic.ts'
import { bedrockUpstream } from './bedrock/bedrock.ts'
import { geminiUpstream } from './gemini/gemini.ts'
import { openAiChatUpstream } from './openai-chat/openai-chat.ts'
import { openAiResponsesUpstream } from './openai-responses/openai-responses.ts'
import { sentTo } from './test-dialects.ts'

const messages = [{ role: 'user' as const, parts: [{ type: 'text' as const, text: 'x' }] }]
const thinks: ModelFacts = { reasoning: 'effort' }

function sent(upstream: typeof openAiChatUpstream, model: string, reasoning: ReasoningWish, facts: ModelFacts = {}) {
  const { body, dropped } = sentTo(upstream, { messages, parameters: { reasoning } }, { model, facts })
  return { body, named: dropped.includes('reasoning') }
}

test.each<[string, ReasoningWish, ModelFacts, string | undefined, boolean]>([
  ['gpt-5', { effort: 'none' }, thinks, 'minimal', true],
  ['gpt-5', { effort: 'max' }, thinks, 'high', true],
  ['gpt-5', { effort: 'xhigh' }, thinks, 'high', true],
  ['gpt-5', { budgetTokens: 100_000 }, thinks, 'high', false],
  ['gpt-5', { budgetTokens: 0 }, thinks, 'minimal', true],
  ['gpt-5', { budgetTokens: 9_000, effort: 'low' }, thinks, 'low', false],
  ['gpt-5.1', { effort: 'none' }, thinks, 'none', false],
  ['gpt-5.1', { effort: 'minimal' }, thinks, 'low', true],
  ['gpt-5.5', { effort: 'max' }, thinks, 'xhigh', true],
  ['gpt-5.6', { effort: 'max' }, {}, 'max', false],
  ['gpt-5.6', { effort: 'xhigh' }, {}, 'xhigh', false],
  ['openai/gpt-oss-120b', { effort: 'none' }, thinks, 'low', true],
  ['my-deployment', { effort: 'max' }, { ...thinks, efforts: effortWords('gpt-5') }, 'high', true],
  ['a-model', { effort: 'none' }, {}, undefined, false],
  ['gpt-4o', { effort: 'none' }, { reasoning: 'none' }, undefined, false],
  ['gpt-4o', { effort: 'high' }, { reasoning: 'none' }, undefined, true],
])('at OpenAI %s, asked %j', (model, wish, facts, word, isNamed) => {
  const { body, named } = sent(openAiChatUpstream, model, wish, facts)
  expect([body.reasoning_effort, named]).toEqual([word, isNamed])
  const response = sent(openAiResponsesUpstream, model, wish, facts)
  expect([response.body.reasoning?.effort, response.named]).toEqual([word, isNamed])
})

test.each<[string, ReasoningWish, string, boolean]>([
  ['claude-opus-4-7', { effort: 'xhigh' }, 'xhigh', false],
  ['claude-opus-4-7', { effort: 'max' }, 'max', false],
  ['claude-opus-4-7', { effort: 'minimal' }, 'low', true],
  ['claude-opus-4-6', { effort: 'xhigh' }, 'high', true],
  ['claude-opus-4-5', { effort: 'max' }, 'high', true],
])('of %s is asked %j', (model, wish, word, isNamed) => {
  const facts: ModelFacts = { reasoning: 'adaptive', efforts: effortWords(model) }
  const direct = sent(anthropicUpstream, model, wish, facts)
  expect([direct.body.output_config, direct.named]).toEqual([{ effort: word }, isNamed])
  const hosted = sent(bedrockUpstream, `anthropic.${model}`, wish, facts)
  const { output_config } = hosted.body.additionalModelRequestFields
  expect([output_config, hosted.named]).toEqual([{ effort: word }, isNamed])
})

test.each<[string, ReasoningWish, object, boolean]>([
  ['gemini-3-pro-preview', { effort: 'max' }, { thinkingLevel: 'HIGH' }, true],
  ['gemini-3-pro-preview', { effort: 'high' }, { thinkingLevel: 'HIGH' }, false],
  ['gemini-3-flash-preview', { effort: 'none' }, { thinkingLevel: 'MINIMAL' }, true],
  ['gemini-2.5-pro', { effort: 'max' }, { thinkingBudget: 32_768 }, true],
  ['gemini-2.5-pro', { effort: 'none' }, { thinkingBudget: 128 }, true],
  ['gemini-2.5-flash', { effort: 'none' }, { thinkingBudget: 0 }, false],
  ['gemini-2.5-flash', { effort: 'low' }, { thinkingBudget: 2_048 }, false],
])('of %s is asked %j', (model, wish, config, isNamed) => {
  const { body, named } = sent(geminiUpstream, model, wish)
  expect(body.generationConfig.thinkingConfig).toMatchObject(config)
  expect(named).toBe(isNamed)
})

test('an effort is named by the member in which it was asked', () => {
  const body = { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'x' }] }
  const request = anthropicInbound.parseRequest({ ...body, output_config: { effort: 'high' } })
  if (!request.ok) throw new Error(request.error.path)
  const { dropped } = sentTo(openAiChatUpstream, request.value, { model: 'gpt-4o', facts: { reasoning: 'none' } })
  expect(dropped).toEqual(['output_config.effort'])
})
