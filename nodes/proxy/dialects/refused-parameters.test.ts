// Parameters that a model or host refuses, or takes in a form of its own. A request with one of them would be answered with 400.
import { expect, test } from 'vitest'
import type { ModelFacts } from '../../../shared/chat/capabilities.ts'
import type { RequestParameters } from '../../../shared/chat/request.ts'
import { hostRow } from '../providers/openai-hosts.ts'
import { anthropicUpstream } from './anthropic/anthropic.ts'
import { bedrockUpstream } from './bedrock/bedrock.ts'
import { geminiUpstream } from './gemini/gemini.ts'
import { openAiChatUpstream } from './openai-chat/openai-chat.ts'
import { sentTo } from './test-dialects.ts'

const reasons: ModelFacts = { sampling: false, reasoning: 'effort' }

test.each<[string, ModelFacts, RequestParameters, readonly string[]]>([
  ['o3', reasons, { stop: ['a'] }, ['stop']],
  ['gpt-5', reasons, { stop: ['a'] }, ['stop']],
  ['gpt-5.2', reasons, { stop: ['a'], temperature: 1 }, ['temperature', 'stop']],
  ['gpt-5.5', reasons, { stop: ['a'] }, []],
  ['anthropic/claude-opus-4.8', reasons, { stop: ['a'] }, []],
  ['gpt-4o', {}, { stop: ['a'] }, []],
  [
    'grok-4',
    {},
    { stop: ['a'], presencePenalty: 1, frequencyPenalty: 0 },
    ['frequencyPenalty', 'presencePenalty', 'stop'],
  ],
  ['x-ai/grok-4.6', {}, { stop: ['a'], temperature: 1 }, ['stop']],
  ['grok-3', {}, { stop: ['a'], presencePenalty: 1 }, []],
  ['kimi-k2.6', {}, { temperature: 0.5, topP: 0.9, stop: ['a'] }, ['temperature', 'topP']],
  ['kimi-k2-0905-preview', {}, { temperature: 0.5 }, []],
])('%s with %j is sent %j without %j', (model, facts, parameters, wanted) => {
  const { dropped, body } = sentTo(openAiChatUpstream, { parameters }, { model, facts })
  expect(dropped.toSorted()).toEqual(wanted.toSorted())
  expect(body.stop).toEqual(wanted.includes('stop') ? undefined : parameters.stop)
})

// Google: "Penalty is not enabled for this model", for all of 2.5 and 3 and every value but 0.
test.each([
  ['gemini-2.5-flash', 0.5, undefined, ['frequencyPenalty']],
  ['gemini-3-pro-preview', -1, undefined, ['frequencyPenalty']],
  ['gemini-2.5-pro', 0, undefined, []],
  ['gemini-2.0-flash', 0.5, 0.5, []],
] as const)('%s that is asked for the penalty %j is sent %j', (model, frequencyPenalty, wanted, told) => {
  const { body, dropped } = sentTo(geminiUpstream, { parameters: { frequencyPenalty } }, { model })
  expect(body.generationConfig?.frequencyPenalty).toBe(wanted)
  expect(dropped).toEqual(told)
})

const claudeOnBedrock = 'anthropic.claude-sonnet-4-5-v1:0'

// vLLM's clients say -1 or 0 for no limit.
test.each([
  ['gemini', geminiUpstream, 'gemini-2.5-flash'],
  ['anthropic', anthropicUpstream, 'claude-sonnet-4-5'],
  ['bedrock', bedrockUpstream, claudeOnBedrock],
])('%s is not sent a limit of tokens below one', (_, upstream, model) => {
  for (const topK of [-1, 0]) {
    const { body, dropped } = sentTo(upstream, { parameters: { topK } }, { model })
    expect(JSON.stringify(body)).not.toMatch(/top_?k/i)
    expect(dropped).toEqual(['topK'])
  }
})

const mistral = { quirks: hostRow('api.mistral.ai')?.quirks ?? {} }
const user = { role: 'user', parts: [{ type: 'text', text: 'x' }] } as const
const said = { role: 'assistant', parts: [{ type: 'text', text: 'The answer is' }] } as const

test('Mistral is sent the seed under its name, and is not asked for usage', () => {
  const { body } = sentTo(openAiChatUpstream, { parameters: { seed: 7 }, stream: true }, mistral)
  expect(body).toMatchObject({ random_seed: 7, stream: true })
  expect(body).not.toHaveProperty('seed')
  expect(body).not.toHaveProperty('stream_options')
})

test('at Mistral the model speaks behind the results of tools, and a final turn of it is a prefix', () => {
  const call = { type: 'tool-call', id: 'c12345678', name: 'f', input: '{}', form: 'function' } as const
  const result = { type: 'tool-result', callId: call.id, parts: [{ type: 'text', text: 'r' }] } as const
  const messages = [
    user,
    { role: 'assistant', parts: [call] },
    { role: 'user', parts: [result, ...user.parts] },
    said,
  ] as const
  const { body } = sentTo(openAiChatUpstream, { messages }, mistral)
  const roles = body.messages.map(({ role }: { role: string }) => role)
  expect(roles).toEqual(['user', 'assistant', 'tool', 'assistant', 'user', 'assistant'])
  expect(body.messages[3]).toEqual({ role: 'assistant', content: '…' })
  expect(body.messages.at(-1)).toEqual({ role: 'assistant', content: 'The answer is', prefix: true })
})

test('other hosts are sent turns as they are', () => {
  const { body } = sentTo(openAiChatUpstream, { messages: [user, said] })
  expect(body.messages.at(-1)).toEqual({ role: 'assistant', content: 'The answer is' })
})
