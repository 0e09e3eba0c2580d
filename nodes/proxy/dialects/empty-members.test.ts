// In what providers send, an empty string, null and an absent member are one: hosts fill in the members that they do not use.
import { expect, test } from 'vitest'
import type { ChatEvent } from '../../../shared/chat/events.ts'
import { anthropicUpstream } from './anthropic/anthropic.ts'
import { AnthropicStreamObserver } from './anthropic/stream-observer.ts'
import type { UpstreamDialect } from './dialect.ts'
import { geminiUpstream } from './gemini/gemini.ts'
import { GeminiStreamObserver } from './gemini/stream-observer.ts'
import { ChatStreamObserver, type StreamObserver } from './openai/stream-observer.ts'
import { openAiChatUpstream } from './openai-chat/openai-chat.ts'
import { reasoningText } from './openai-chat/reasoning.ts'
import { printedNothing } from './test-dialects.ts'

const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`
const event = (value: { type: string; [name: string]: unknown }) => `event: ${value.type}\n${data(value)}`

interface Unfinished {
  readonly dialect: UpstreamDialect
  readonly observer: () => StreamObserver
  /** A chunk of text whose finish reason is `reason`. */
  chunk(reason: unknown): string
}

const chat: Unfinished = {
  dialect: openAiChatUpstream,
  observer: () => new ChatStreamObserver(false),
  // sgl-project/sglang#3912 and ollama/ollama#4357 write '' until the last chunk.
  chunk: (finish_reason) => data({ model: 'm', choices: [{ index: 0, delta: { content: 'x' }, finish_reason }] }),
}
const anthropic: Unfinished = {
  dialect: anthropicUpstream,
  observer: () => new AnthropicStreamObserver(),
  chunk: (stop_reason) =>
    event({ type: 'message_start', message: { id: 'm', content: [] } }) +
    event({ type: 'message_delta', delta: { stop_reason, stop_sequence: '' }, usage: { output_tokens: 1 } }),
}
const gemini: Unfinished = {
  dialect: geminiUpstream,
  observer: () => new GeminiStreamObserver(),
  // ai.google.dev/api/generate-content: FINISH_REASON_UNSPECIFIED is the value of an enumeration that is not set.
  chunk: (finishReason) =>
    data({
      candidates: [{ index: 0, content: { parts: [{ text: 'x' }] }, finishReason }],
      promptFeedback: { blockReason: '' },
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1 },
    }),
}

test.each<[string, Unfinished, unknown]>(
  (['', null, undefined] as const).flatMap((reason) => [
    ['chat', chat, reason],
    ['anthropic', anthropic, reason],
    ['gemini', gemini, reason],
  ]),
)('%s: a stream whose finish reason is empty has not ended (%#)', (_, { dialect, observer, chunk }, reason) => {
  const parser = dialect.openParser(printedNothing)
  const events: ChatEvent[] = []
  const emit = (one: ChatEvent) => void events.push(one)
  for (let n = 0; n < 2; n++) parser.push(Buffer.from(chunk(reason)), emit)
  parser.end(emit)
  const types = events.map(({ type }) => type)
  expect([types.includes('finish'), types.at(-1)]).toEqual([false, 'upstream-cut'])
  const observed = observer()
  for (const one of chunk(reason).split(/(?<=\n\n)/)) observed.observe(one)
  expect([observed.finished, observed.concluded ?? false]).toEqual([false, false])
})

test.each([
  ['chat', chat, 'stop'],
  ['anthropic', anthropic, 'end_turn'],
  ['gemini', gemini, 'STOP'],
] as const)('%s: one with a finish reason has ended', (_, { dialect, observer, chunk }, reason) => {
  const parser = dialect.openParser(printedNothing)
  const types: string[] = []
  parser.push(Buffer.from(chunk(reason)), ({ type }) => void types.push(type))
  expect(types).toContain('finish')
  const observed = observer()
  for (const one of chunk(reason).split(/(?<=\n\n)/)) observed.observe(one)
  expect(observed.finished || observed.concluded).toBe(true)
})

test('empty members of a whole answer are none', () => {
  const message = { content: 'x', refusal: '', audio: { data: '' }, tool_calls: [], function_call: null }
  const answer = openAiChatUpstream.parseAnswer(
    { id: 'c', choices: [{ message, finish_reason: '' }], service_tier: '', system_fingerprint: '', error: '' },
    printedNothing,
  )
  expect(answer).toMatchObject({ serviceTier: undefined, fingerprint: undefined })
  expect(answer?.choices).toMatchObject([{ parts: [{ type: 'text', text: 'x' }], finish: { reason: 'stop' } }])
  expect(answer?.choices[0]?.finish.raw).toBeUndefined()
  const claude = anthropicUpstream.parseAnswer(
    { id: 'm', content: [], stop_reason: 'end_turn', stop_sequence: '', usage: {} },
    printedNothing,
  )
  expect(claude?.choices[0]?.finish.stopSequence).toBeUndefined()
})

test('an empty name of reasoning does not hide the one that is used', () => {
  expect(reasoningText({ reasoning_content: '', reasoning: 'thought' })).toBe('thought')
  expect(reasoningText({ reasoning_content: null, reasoning: '' })).toBeUndefined()
})
