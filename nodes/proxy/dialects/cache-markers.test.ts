// Where cache markers go. Bedrock: Claude caches system, messages and tools, Nova system and messages (`cachePoint` in
// @aws-sdk/client-bedrock-runtime; which models, and which of them for an hour, is publicly known and not yet checked
// against its user guide). Requests of Gemini, Cohere and OpenAI have no markers.
import { expect, test } from 'vitest'
import { anthropicUpstream } from './anthropic/anthropic.ts'
import { bedrockUpstream } from './bedrock/bedrock.ts'
import { cohereUpstream } from './cohere/cohere.ts'
import { geminiUpstream } from './gemini/gemini.ts'
import { openAiChatUpstream } from './openai-chat/openai-chat.ts'
import { openAiResponsesUpstream } from './openai-responses/openai-responses.ts'
import { sentTo, valuesOf } from './test-dialects.ts'

const marked = {
  messages: [
    { role: 'system' as const, parts: [{ type: 'text' as const, text: 's', cache: '1h' as const }] },
    { role: 'user' as const, parts: [{ type: 'text' as const, text: 'x', cache: '5m' as const }] },
  ],
  tools: [{ type: 'function' as const, name: 'f', cache: '1h' as const }],
}
const short = { type: 'default' }
const hour = { type: 'default', ttl: '1h' }

test.each([
  ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', { system: [hour], messages: [short], tools: [hour] }, []],
  ['anthropic.claude-opus-4-7', { system: [hour], messages: [short], tools: [hour] }, []],
  ['global.anthropic.claude-sonnet-5', { system: [hour], messages: [short], tools: [hour] }, []],
  [
    'anthropic.claude-sonnet-4-20250514-v1:0',
    { system: [short], messages: [short], tools: [short] },
    ['cache_control.ttl'],
  ],
  [
    'anthropic.claude-opus-4-1-20250805-v1:0',
    { system: [short], messages: [short], tools: [short] },
    ['cache_control.ttl'],
  ],
  ['amazon.nova-pro-v1:0', { system: [short], messages: [short], tools: [] }, ['cache_control', 'cache_control.ttl']],
  ['anthropic.claude-3-haiku-20240307-v1:0', { system: [], messages: [], tools: [] }, ['cache_control']],
  ['meta.llama3-3-70b-instruct-v1:0', { system: [], messages: [], tools: [] }, ['cache_control']],
])('%s on Bedrock has cache points at %j', (model, points, named) => {
  const { body, dropped } = sentTo(bedrockUpstream, marked, { model })
  const at = (place: unknown) => valuesOf(place, 'cachePoint')
  expect({ system: at(body.system), messages: at(body.messages), tools: at(body.toolConfig) }).toEqual(points)
  expect(dropped.sort()).toEqual(named)
})

test.each([
  ['Claude', anthropicUpstream, 'claude-sonnet-4-5', 'cache_control', { type: 'ephemeral' }],
  ['Claude on Bedrock', bedrockUpstream, 'anthropic.claude-sonnet-4-5-20250929-v1:0', 'cachePoint', short],
])('%s keeps nothing for an hour behind what it keeps for five minutes', (_host, upstream, model, member, brief) => {
  const tools = [{ type: 'function' as const, name: 'f', cache: '5m' as const }]
  const { body, dropped } = sentTo(upstream, { ...marked, tools }, { model })
  expect([valuesOf(body, member), dropped]).toEqual([[brief, brief, brief], ['cache_control.ttl']])
})

const cached = (text: string) => ({ type: 'text' as const, text, cache: '5m' as const })
const crowded = {
  messages: [
    { role: 'user' as const, parts: [cached('a'), cached('b')] },
    { role: 'system' as const, parts: [cached('s')] },
    { role: 'user' as const, parts: [cached('c'), cached('d')] },
  ],
  tools: [{ type: 'function' as const, name: 'f', cache: '5m' as const }],
}

test.each([
  ['Claude', anthropicUpstream, 'claude-sonnet-4-5', 'cache_control'],
  ['Claude on Bedrock', bedrockUpstream, 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'cachePoint'],
])('%s is sent the last four of more markers, and the caller is told', (_host, upstream, model, member) => {
  const { body, dropped } = sentTo(upstream, crowded, { model })
  const count = (place: unknown) => valuesOf(place, member).length
  expect([count(body.messages), count(body.system), count(body.tools ?? body.toolConfig)]).toEqual([4, 0, 0])
  expect(dropped).toEqual(['cache_control'])
  expect(sentTo(upstream, marked, { model }).dropped).toEqual([])
})

test('a marker on a text that is not sent makes no cache point at the beginning', () => {
  const parts = [{ type: 'text' as const, text: ' ', cache: '5m' as const }]
  const { body } = sentTo(bedrockUpstream, { messages: [{ role: 'user', parts }] }, { model: 'amazon.nova-pro-v1:0' })
  expect(valuesOf(body, 'cachePoint')).toEqual([])
})

test.each([
  ['Gemini', geminiUpstream],
  ['Cohere', cohereUpstream],
  ['OpenAI', openAiChatUpstream],
  ['OpenAI over Responses', openAiResponsesUpstream],
])('%s is sent no markers, and the caller is told', (_host, upstream) => {
  const { body, dropped } = sentTo(upstream, marked)
  expect([JSON.stringify(body).includes('cache'), dropped]).toEqual([false, ['cache_control']])
  expect(sentTo(upstream, { messages: [] }).dropped).toEqual([])
})

test('a host that knows markers is sent them', () => {
  const { body, dropped } = sentTo(openAiChatUpstream, marked, { quirks: { cacheMarkers: true } })
  expect([valuesOf(body, 'cache_control').length, dropped]).toEqual([3, []])
})
