// Hosts add members to chat answers. Where an answer is repaired instead of passed through, a caller of the dialect gets them as they
// came. source: https://docs.perplexity.ai/api-reference/chat-completions-post; https://console.groq.com/docs/api-reference
import { expect, test } from 'vitest'
import { assemble } from '../../../../shared/chat/assemble.ts'
import type { ChatEvent } from '../../../../shared/chat/events.ts'
import { SseParser } from '../common/sse-parser.ts'
import { factsFor, printedNothing, sentTo } from '../test-dialects.ts'
import { printChatAnswer, readChatAnswer } from './answer.ts'
import { openAiChatInbound, openAiChatUpstream } from './openai-chat.ts'
import { ChatStreamReader } from './parse-stream.ts'

const reading = { ...printedNothing, keepsMembers: true }
const facts = { ...factsFor(openAiChatInbound), showUsage: true }

const ofAnswer = {
  citations: ['https://a.example', 'https://b.example'],
  search_results: [{ title: 'B', url: 'https://b.example', date: '2026-01-02' }],
  images: [{ image_url: 'https://i.example', height: 1 }],
  x_groq: { id: 'req_1' },
  nothing: null,
}
const usage = {
  prompt_tokens: 3,
  completion_tokens: 4,
  total_tokens: 7,
  cost: { total_cost: 0.005 },
  search_context_size: 'low',
  prompt_tokens_details: { cached_tokens: 1, audio_tokens: 2 },
}
const ofChoice = { stop_reason: 7, content_filter_results: { hate: { filtered: false } } }
const ofMessage = { prefix: false, matched: ['x'] }
const head = { id: 'a', created: 1, model: 'sonar' }

const whole = {
  ...head,
  object: 'chat.completion',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'ok [2].', ...ofMessage }, finish_reason: 'stop', ...ofChoice },
  ],
  usage,
  ...ofAnswer,
}

function chunk(delta: object, rest: object = {}, more: object = {}): object {
  return {
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: null, ...rest }],
    ...more,
  }
}

function read(chunks: readonly object[]): ChatEvent[] {
  const parser = new SseParser(new ChatStreamReader(reading))
  const events: ChatEvent[] = []
  const emit = (event: ChatEvent) => void events.push(event)
  const text = chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')
  parser.push(Buffer.from(`${text}data: [DONE]\n\n`), emit)
  parser.end(emit)
  return events
}

function relayed(chunks: readonly object[]) {
  const printer = openAiChatInbound.openPrinter(facts)
  const text = read(chunks)
    .map((event) => printer.print(event))
    .join('')
  return text
    .split('\n\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)))
}

test('a whole answer keeps what its host has added', () => {
  const answer = readChatAnswer(whole, reading)
  if (answer === undefined) throw new Error('no answer')
  const told = JSON.parse(printChatAnswer(answer, facts))
  expect(told).toMatchObject(ofAnswer)
  expect(told.choices[0]).toMatchObject(ofChoice)
  expect(told.choices[0].message).toMatchObject({ content: 'ok [2].', ...ofMessage })
  expect(told.usage).toMatchObject(usage)
})

test('a stream keeps it in the chunks in which it came', () => {
  const chunks = relayed([
    chunk({ role: 'assistant', content: 'o' }, {}, ofAnswer),
    chunk({ content: 'k', ...ofMessage }, ofChoice),
    chunk({}, { finish_reason: 'stop', late: 1 }, { usage }),
  ])
  expect(chunks[0]).toMatchObject({ ...ofAnswer, choices: [{ delta: { content: 'o' } }] })
  expect(chunks[1]).toMatchObject({ choices: [{ delta: { content: 'k', ...ofMessage }, ...ofChoice }] })
  expect(chunks[1]).not.toHaveProperty('x_groq')
  expect(chunks.flatMap(({ choices }) => choices[0]?.late ?? [])).toEqual([1])
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage })
})

test('what comes after the last choice is told with its finish', () => {
  const chunks = relayed([chunk({ content: 'ok' }, { finish_reason: 'stop' }), { ...head, choices: [], ...ofAnswer }])
  expect(chunks.at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }], ...ofAnswer })
})

test('pieces of a member of deltas stay pieces', () => {
  const chunks = relayed([
    chunk({ notes: 'a' }),
    chunk({ notes: 'b' }),
    chunk({ content: 'ok' }, { finish_reason: 'stop' }),
  ])
  expect(chunks.flatMap(({ choices }) => choices[0].delta.notes ?? [])).toEqual(['a', 'b'])
})

test('a stream, assembled, keeps what the whole answer keeps', () => {
  const { message, finish_reason, index: _, ...rest } = whole.choices[0] ?? {}
  const events = read([chunk(message ?? {}, { finish_reason, ...rest }, { usage, ...ofAnswer })])
  const { usage: __, ...assembled } = readChatAnswer(whole, reading) ?? {}
  expect(assemble(events)).toMatchObject({ ok: true, value: assembled })
})

test('members are kept for callers of the dialect alone', () => {
  expect(sentTo(openAiChatUpstream, { dialect: 'openai-chat' }).printed.keepsMembers).toBe(true)
  expect(sentTo(openAiChatUpstream, { dialect: 'anthropic' }).printed.keepsMembers).toBe(false)
  expect(readChatAnswer(whole)?.extras).toBeUndefined()
})
