// Encrypted reasoning of a model that has the Responses API alone comes back to it through callers of every dialect.
import { describe, expect, test } from 'vitest'
import type { ChatAnswer } from '../../../../shared/chat/answer.ts'
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { anthropicInbound } from '../anthropic/anthropic.ts'
import type { InboundDialect, PrintFacts } from '../dialect.ts'
import { geminiStreamInbound } from '../gemini/gemini.ts'
import { openAiChatInbound } from '../openai-chat/openai-chat.ts'
import { factsFor, plainTarget } from '../test-dialects.ts'
import { openAiResponsesInbound, openAiResponsesUpstream } from './openai-responses.ts'

// biome-ignore lint/suspicious/noExplicitAny: tests read into bodies whose shape they assert
type Body = any

const answer: ChatAnswer = {
  id: 'resp_1',
  model: 'm',
  choices: [
    {
      parts: [
        { type: 'reasoning', id: 'rs_1', text: 'Hm.', encrypted: { family: 'openai', data: 'gAAA' } },
        { type: 'tool-call', id: 'call_1', name: 'f', input: '{"a":1}', form: 'function' },
      ],
      finish: { reason: 'tool-calls' },
    },
  ],
}

interface Caller {
  readonly name: string
  readonly inbound: InboundDialect
  /** The request that follows on an answer. */
  readonly next: (told: Body) => JsonObject
}

const user = { role: 'user', content: 'Hi' }
const callers: readonly Caller[] = [
  {
    name: 'chat completions',
    inbound: openAiChatInbound,
    next: ({ choices: [{ message }] }) => ({
      messages: [user, message, { role: 'tool', tool_call_id: 'call_1', content: 'ok' }],
    }),
  },
  {
    name: 'Messages',
    inbound: anthropicInbound,
    next: ({ content }) => ({
      max_tokens: 100,
      messages: [
        user,
        { role: 'assistant', content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'ok' }] },
      ],
    }),
  },
  {
    name: 'generateContent',
    inbound: geminiStreamInbound('sse'),
    next: ({ candidates: [{ content }] }) => ({
      contents: [
        { role: 'user', parts: [{ text: 'Hi' }] },
        content,
        { role: 'user', parts: [{ functionResponse: { id: 'call_1', name: 'f', response: { output: 'ok' } } }] },
      ],
    }),
  },
  {
    name: 'Responses',
    inbound: openAiResponsesInbound,
    next: ({ output }) => ({
      include: ['reasoning.encrypted_content'],
      input: [user, ...output, { type: 'function_call_output', call_id: 'call_1', output: 'ok' }],
    }),
  },
]

function factsOf(inbound: InboundDialect): PrintFacts {
  const facts = factsFor(inbound)
  return { ...facts, asked: { ...facts.asked, echo: { include: ['reasoning.encrypted_content'] } } }
}

describe.each(callers)('a caller of $name', ({ inbound, next }) => {
  test('who sends the turn back', () => {
    const told = JSON.parse(inbound.printAnswer(answer, factsOf(inbound)))
    const request = inbound.parseRequest({ model: 'm', ...next(told) })
    if (!request.ok) throw new Error(JSON.stringify(request.error))
    const printed = openAiResponsesUpstream.printRequest(request.value, plainTarget)
    const { input }: Body = printed.ok ? JSON.parse(printed.value.body) : {}
    expect(input.slice(1)).toMatchObject([
      { type: 'reasoning', encrypted_content: 'gAAA' },
      { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{"a":1}' },
      { type: 'function_call_output', call_id: 'call_1' },
    ])
  })
})
