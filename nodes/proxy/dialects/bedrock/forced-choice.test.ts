import { expect, test } from 'vitest'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import { plainTarget, requestOf, sentTo } from '../test-dialects.ts'
import { bedrockUpstream } from './bedrock.ts'

const tools = [
  { type: 'function', name: 'f' },
  { type: 'function', name: 'g' },
] as const
const g = { type: 'tool', name: 'g' } as const

test.each<[string, ChatRequest['toolChoice'], object, number]>([
  ['us.anthropic.claude-sonnet-4-5-v1:0', g, { tool: { name: 'g' } }, 2],
  ['us.amazon.nova-pro-v1:0', { type: 'required' }, { any: {} }, 2],
  ['mistral.mistral-large-2407-v1:0', g, { any: {} }, 1],
  ['us.meta.llama3-3-70b-instruct-v1:0', { type: 'auto' }, { auto: {} }, 2],
])('%s that is asked for %j is sent %j and %i tools', (model, toolChoice, choice, count) => {
  const { body } = sentTo(bedrockUpstream, { tools, toolChoice }, { model })
  expect(body.toolConfig).toMatchObject({ toolChoice: choice })
  expect(body.toolConfig.tools).toHaveLength(count)
})

const responseFormat = { type: 'json-schema', name: 'n', schema: { type: 'object', properties: {} } } as const

test.each<[string, Partial<ChatRequest>]>([
  ['tool_choice', { tools, toolChoice: g }],
  ['tool_choice', { tools, toolChoice: { type: 'required' } }],
  ['response_format', { responseFormat }],
])('Llama cannot be forced by %s, so another target is asked', (what, asked) => {
  const target = { ...plainTarget, model: 'us.meta.llama3-3-70b-instruct-v1:0' }
  const printed = bedrockUpstream.printRequest(requestOf(asked), target)
  expect(printed).toEqual({ ok: false, error: { capability: 'forced tool choice', what } })
})
