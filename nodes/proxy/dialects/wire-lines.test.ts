// Lines of the protocol notes that concern several dialects.
import { describe, expect, test } from 'vitest'
import type { ChatAnswer } from '../../../shared/chat/answer.ts'
import type { ChatEvent } from '../../../shared/chat/events.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import { printAnthropicFinish, readAnthropicFinish } from './anthropic/finish-reason.ts'
import { openAiChatUpstream } from './openai-chat/openai-chat.ts'
import { openAiResponsesInbound } from './openai-responses/openai-responses.ts'
import { chunked, dialects, factsFor, plainTarget, printedNothing } from './test-dialects.ts'

const onlyCall: ChatAnswer = {
  id: 'a',
  model: 'm',
  choices: [
    {
      parts: [{ type: 'tool-call', id: 'c1', name: 'f', input: '{}', form: 'function' }],
      finish: { reason: 'tool-calls' },
    },
  ],
}

describe('a turn of calls alone has no text in it (wire 27)', () => {
  test.each(dialects)('to a caller who speaks $name', ({ inbound, upstream }) => {
    const printed = JSON.parse(inbound.printAnswer(onlyCall, factsFor(inbound))) as JsonObject
    expect(JSON.stringify(printed)).not.toMatch(/"(text|content)":"/)
    expect(upstream.parseAnswer(printed, printedNothing)?.choices[0]?.parts).toHaveLength(1)
  })

  test('to a caller of the Responses API', () => {
    const printed = JSON.parse(openAiResponsesInbound.printAnswer(onlyCall, factsFor(openAiResponsesInbound)))
    expect(printed.output.map(({ type }: JsonObject) => type)).toEqual(['function_call'])
  })

  test.each(dialects)('to an upstream that speaks $name', ({ upstream }) => {
    const { parts } = onlyCall.choices[0]!
    const user = { role: 'user' as const, parts: [{ type: 'text' as const, text: 'hi' }] }
    const result = { type: 'tool-result' as const, callId: 'c1', parts: [{ type: 'text' as const, text: 'ok' }] }
    const messages = [user, { role: 'assistant' as const, parts }, { role: 'user' as const, parts: [result] }]
    const request = { model: 'm', messages, tools: [], stream: false, parameters: {}, dialect: 'openai-chat' as const }
    const printed = upstream.printRequest({ ...request, extras: {} }, plainTarget)
    expect(printed.ok && printed.value.body).not.toMatch(/"text":""|"content":""|\(no text\)/)
  })
})

test.each([
  ['end_turn', 'stop'],
  ['max_tokens', 'length'],
  ['stop_sequence', 'stop'],
  ['tool_use', 'tool-calls'],
  ['pause_turn', 'pause'],
  ['refusal', 'refusal'],
  ['model_context_window_exceeded', 'context-length'],
] as const)('%s is %s, and the same again for its own callers (wire 45)', (stop_reason, reason) => {
  const stop_sequence = stop_reason === 'stop_sequence' ? 'END' : null
  const finish = readAnthropicFinish({ stop_reason, stop_sequence })
  expect(finish).toMatchObject({ reason, raw: stop_reason })
  expect(printAnthropicFinish(finish)).toEqual({ stop_reason, stop_sequence })
})

test('what a request of the Responses API asks for, as chat completions (wire 59)', () => {
  const parameters = { type: 'object', properties: {}, required: [], additionalProperties: false }
  const request = openAiResponsesInbound.parseRequest({
    model: 'm',
    instructions: 'Be brief.',
    input: 'hi',
    max_output_tokens: 50,
    text: { format: { type: 'json_schema', name: 'place', schema: parameters, strict: true } },
    tools: [{ type: 'function', name: 'f', description: 'd', parameters, strict: true }],
    tool_choice: { type: 'function', name: 'f' },
  })
  if (!request.ok) throw new Error(JSON.stringify(request.error))
  const quirks = { maxTokensName: 'max_completion_tokens' as const, systemOnly: true }
  const printed = openAiChatUpstream.printRequest(request.value, { ...plainTarget, quirks })
  expect(printed.ok && JSON.parse(printed.value.body)).toMatchObject({
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hi' },
    ],
    max_completion_tokens: 50,
    response_format: { type: 'json_schema', json_schema: { name: 'place', schema: parameters, strict: true } },
    tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters, strict: true } }],
    tool_choice: { type: 'function', function: { name: 'f' } },
  })
})

test('what stands beside the text in OpenAI’s deltas is kept (wire 29)', () => {
  const head = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }
  const facts = { ...head, service_tier: 'flex', system_fingerprint: 'fp_1' }
  const token = {
    token: 'Hi',
    logprob: -0.1,
    bytes: [72, 105],
    top_logprobs: [{ token: 'Hi', logprob: -0.1, bytes: [] }],
  }
  const note = {
    type: 'url_citation',
    url_citation: { url: 'https://a.test', title: 'A', start_index: 0, end_index: 2 },
  }
  const events = [
    { ...facts, choices: [{ index: 0, delta: { content: 'Hi' }, logprobs: { content: [token], refusal: null } }] },
    { ...facts, choices: [{ index: 0, delta: { annotations: [note] } }] },
    { ...facts, choices: [{ index: 0, delta: { refusal: 'No.' } }] },
    { ...facts, choices: [{ index: 0, delta: { audio: { id: 'a1', data: 'AAAA', transcript: 'Hi' } } }] },
    { ...facts, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  ]
  const { inbound, upstream } = dialects[0]!
  const printer = inbound.openPrinter(factsFor(inbound))
  const parser = upstream.openParser(printedNothing)
  let text = ''
  const bytes = Buffer.from(`${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`)
  const emit = (event: ChatEvent) => {
    text += printer.print(event)
  }
  for (const chunk of chunked(bytes, 50)) parser.push(chunk, emit)
  for (const kept of ['"logprob":-0.1', 'fp_1', '"flex"', 'https://a.test', '"refusal":"No."', 'AAAA']) {
    expect(text).toContain(kept)
  }
})
