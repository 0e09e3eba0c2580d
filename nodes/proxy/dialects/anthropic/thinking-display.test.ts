// Whether Claude shows its thoughts: `thinking.display`, by what callers of each dialect say.
// Sources: @anthropic-ai/sdk 1.14, ThinkingConfigEnabled and ThinkingConfigAdaptive; Anthropic's "Controlling thinking display".
import { expect, test } from 'vitest'
import type { ModelFacts } from '../../../../shared/chat/capabilities.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import { bedrockUpstream } from '../bedrock/bedrock.ts'
import type { InboundDialect } from '../dialect.ts'
import { geminiInbound } from '../gemini/gemini.ts'
import { openAiChatInbound } from '../openai-chat/openai-chat.ts'
import { openAiResponsesInbound } from '../openai-responses/openai-responses.ts'
import { sentTo } from '../test-dialects.ts'
import { vertexClaudeUpstream } from '../vertex/vertex.ts'
import { anthropicInbound, anthropicUpstream } from './anthropic.ts'

const adaptive: ModelFacts = { reasoning: 'adaptive' }
const budget: ModelFacts = { reasoning: 'budget', outputTokensMax: 64_000 }

function read(inbound: InboundDialect, body: object): ChatRequest {
  const request = inbound.parseRequest({ model: 'm', ...body })
  if (!request.ok) throw new Error(JSON.stringify(request.error))
  return request.value
}

const messages = (thinking: object) =>
  read(anthropicInbound, { max_tokens: 9000, messages: [{ role: 'user', content: 'x' }], thinking })
const responses = (reasoning: object) => read(openAiResponsesInbound, { input: 'x', reasoning })
const chat = (members: object) => read(openAiChatInbound, { messages: [{ role: 'user', content: 'x' }], ...members })
const gemini = (thinkingConfig: object) =>
  read(geminiInbound, { contents: [{ parts: [{ text: 'x' }] }], generationConfig: { thinkingConfig } })

test.each<[string, ChatRequest, string, ModelFacts, string | undefined]>([
  ['Messages', messages({ type: 'adaptive', display: 'summarized' }), 'claude-opus-4-7', adaptive, 'summarized'],
  ['Messages', messages({ type: 'adaptive', display: 'omitted' }), 'claude-opus-4-6', adaptive, 'omitted'],
  ['Messages', messages({ type: 'adaptive' }), 'claude-opus-4-7', adaptive, undefined],
  [
    'Messages',
    messages({ type: 'enabled', budget_tokens: 2000, display: 'omitted' }),
    'claude-sonnet-4-5',
    budget,
    'omitted',
  ],
  ['Responses', responses({ effort: 'high', summary: 'auto' }), 'claude-opus-4-7', adaptive, 'summarized'],
  ['Responses', responses({ effort: 'high', summary: 'detailed' }), 'claude-sonnet-5', adaptive, 'summarized'],
  ['Responses', responses({ effort: 'high', summary: 'auto' }), 'claude-opus-4-6', adaptive, undefined],
  ['Responses', responses({ effort: 'high' }), 'claude-opus-4-7', adaptive, undefined],
  ['chat', chat({ reasoning: { effort: 'high', exclude: true } }), 'claude-opus-4-8', adaptive, 'omitted'],
  ['chat', chat({ thinking: { type: 'adaptive', display: 'summarized' } }), 'claude-opus-4-7', adaptive, 'summarized'],
  ['Gemini', gemini({ includeThoughts: true }), 'claude-opus-4-7', adaptive, 'summarized'],
  ['Gemini', gemini({ thinkingBudget: 2000, includeThoughts: false }), 'claude-sonnet-4-5', budget, 'omitted'],
  ['Gemini', gemini({ thinkingBudget: 2000, includeThoughts: false }), 'claude-3-7-sonnet-20250219', budget, undefined],
])('a %s caller: %j to %s', (_, request, model, facts, display) => {
  expect(sentTo(anthropicUpstream, request, { model, facts }).body.thinking.display).toBe(display)
  expect(sentTo(vertexClaudeUpstream, request, { model, facts }).body.thinking.display).toBe(display)
  const bedrock = sentTo(bedrockUpstream, request, { model: `anthropic.${model}`, facts }).body
  expect(bedrock.additionalModelRequestFields.thinking.display).toBe(display)
})

test('a model that does not think is sent no display', () => {
  const request = messages({ type: 'disabled', display: 'summarized' })
  const sent = sentTo(anthropicUpstream, request, { model: 'claude-opus-4-7', facts: adaptive }).body
  expect(sent.thinking).toEqual({ type: 'disabled' })
})
