import { expect, test } from 'vitest'
import type { Dialect } from '../../../shared/chat/parts.ts'
import { wellKnownBaseUrls } from '../../../shared/config/kinds/providers/well-known.ts'
import { hostRow, passThroughAt, withoutResponses } from './openai-hosts.ts'

const dialects: ReadonlySet<Dialect> = new Set(['openai-chat', 'openai-responses', 'openai-images', 'rerank'])

test('a host that is not listed has all that the API has', () => {
  expect(hostRow('llm.example')).toBeUndefined()
  expect(passThroughAt(undefined, dialects)).toEqual(dialects)
})

test.each(['constructor', '__proto__'])('the host %s is not listed', (name) => {
  expect(hostRow(name)).toBeUndefined()
})

test('a listed host has only its own operations of those that are never translated', () => {
  const at = (name: string) => [...passThroughAt(hostRow(name), dialects)]
  expect(at('api.openai.com')).toEqual(['openai-chat', 'openai-responses', 'openai-images'])
  expect(at('api.fireworks.ai')).toEqual(['openai-chat', 'openai-responses', 'rerank'])
  expect(at('api.deepseek.com')).toEqual(['openai-chat', 'openai-responses'])
})

test('the Responses API is taken out where a host lacks it', () => {
  expect(hostRow('api.mistral.ai')?.responses).toBe(false)
  expect([...withoutResponses(dialects)]).toEqual(['openai-chat', 'openai-images', 'rerank'])
})

const remoteServers = Object.entries(wellKnownBaseUrls).filter(([, url]) => url.startsWith('https:'))

test.each(remoteServers)('the well-known name %s is a host that has a row', (_, url) => {
  expect(hostRow(new URL(url).hostname)).toBeDefined()
})

test.each([
  ['api.moonshot.ai', 'reasoning_content'],
  ['api.z.ai', 'reasoning_content'],
  ['dashscope-intl.aliyuncs.com', 'reasoning_content'],
  ['api.deepseek.com', 'reasoning_content'],
  ['api.minimax.io', 'reasoning_details'],
  ['openrouter.ai', 'reasoning_details'],
  ['api.openai.com', 'none'],
  ['api.groq.com', 'none'],
  ['api.mistral.ai', 'none'],
  ['api.cerebras.ai', 'none'],
  ['api.together.xyz', undefined],
])('%s wants earlier reasoning as %s', (host, form) => {
  expect(hostRow(host)?.quirks.reasoningBack).toBe(form)
})
