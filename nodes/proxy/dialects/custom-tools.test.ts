// Grammars of custom tools: flat in the Responses API (`CustomToolInputFormat.Grammar` in the openai package), nested in chat
// completions (`ChatCompletionCustomTool.Custom.Grammar`), and unknown to targets that have functions only.
import { expect, test } from 'vitest'
import { anthropicUpstream } from './anthropic/anthropic.ts'
import { bedrockUpstream } from './bedrock/bedrock.ts'
import { cohereUpstream } from './cohere/cohere.ts'
import type { InboundDialect } from './dialect.ts'
import { geminiUpstream } from './gemini/gemini.ts'
import { openAiChatInbound, openAiChatUpstream } from './openai-chat/openai-chat.ts'
import { openAiResponsesInbound, openAiResponsesUpstream } from './openai-responses/openai-responses.ts'
import { sentTo, valuesOf } from './test-dialects.ts'

const grammar = { syntax: 'lark', definition: 'start: "a"' }
const nested = { type: 'custom', custom: { name: 'p', description: 'd', format: { type: 'grammar', grammar } } }
const flat = { type: 'custom', name: 'p', description: 'd', format: { type: 'grammar', ...grammar } }

function parsed(inbound: InboundDialect, tool: object) {
  const said = inbound.name === 'openai-chat' ? { messages: [{ role: 'user', content: 'x' }] } : { input: 'x' }
  const request = inbound.parseRequest({ model: 'm', ...said, tools: [tool] })
  if (!request.ok) throw new Error(request.error.path)
  return request.value
}

const callers = [
  ['chat completions', openAiChatInbound, nested],
  ['Responses', openAiResponsesInbound, flat],
] as const

test.each(callers)(
  'a grammar of %s is nested at hosts of chat completions that know custom tools',
  (_caller, inbound, tool) => {
    const { body, dropped, printed } = sentTo(openAiChatUpstream, parsed(inbound, tool), {
      quirks: { customTools: true },
    })
    expect(body.tools).toEqual([nested])
    expect(dropped).toEqual([])
    expect(printed.customTools).toBeUndefined()
  },
)

for (const [caller, inbound, tool] of callers) {
  test.each([
    ['Anthropic', anthropicUpstream],
    ['Bedrock', bedrockUpstream],
    ['Gemini', geminiUpstream],
    ['Cohere', cohereUpstream],
    ['hosts of chat completions without custom tools', openAiChatUpstream],
    ['hosts of Responses without custom tools', openAiResponsesUpstream],
  ])(`a grammar of ${caller} stands in the description of a function at %s, and is named`, (_host, upstream) => {
    const { body, dropped, printed } = sentTo(upstream, parsed(inbound, tool))
    expect(valuesOf(body.tools ?? body.toolConfig, 'description')).toEqual([
      'd\n\nThe input must match this Lark grammar:\nstart: "a"',
    ])
    expect(valuesOf(body, 'format')).toEqual([])
    expect(dropped).toEqual(['format'])
    expect(printed.customTools).toEqual(new Set(['p']))
  })
}

test('a custom tool without a grammar is not named', () => {
  const request = parsed(openAiChatInbound, { type: 'custom', custom: { name: 'p', format: { type: 'text' } } })
  expect(sentTo(anthropicUpstream, request).dropped).toEqual([])
})

test('a renamed custom tool is known by the name that the caller gave it', () => {
  const request = parsed(openAiChatInbound, { type: 'custom', custom: { name: 'a.b' } })
  const { body, printed } = sentTo(openAiChatUpstream, request)
  expect(valuesOf(body.tools, 'name')).toEqual(['a_b'])
  expect(printed.toolNames).toEqual(new Map([['a_b', 'a.b']]))
  expect(printed.customTools).toEqual(new Set(['a.b']))
})
