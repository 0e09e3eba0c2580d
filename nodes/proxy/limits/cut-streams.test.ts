// A stream that a limit cuts: it ends as the caller's dialect ends an answer that has reached its length, whatever the upstream speaks.
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { Gossip } from '../../../cluster/gossip/gossip.ts'
import { ManualClock } from '../../../shared/clock.ts'
import { TestGateway } from '../apis/test-gateway.ts'
import { anthropic, gemini, openAiChat, openAiResponses, type PlayedDialect } from '../streams/test-streams.ts'
import { Limits } from './limits.ts'

let clock: ManualClock
let limits: Limits
let gateway: TestGateway

beforeEach(async () => {
  clock = new ManualClock(Date.parse('2026-11-30T12:00:00Z'))
  const gossip = new Gossip({ node: 'n1', boot: 1, bus: new LocalBus(), clock })
  limits = new Limits({ gossip, clock, hashKey: new Uint8Array(32) })
  gateway = await TestGateway.open({ policies: [limits], clock })
  await gateway.put('limits', 'small', { per: 'key', tokens: 100, window: '1h', onExhausted: 'cut', overdraft: 0 })
})

const messages = [{ role: 'user', content: 'hi' }]
const usageToo = { stream_options: { include_usage: true } }

/** Each caller: its path, its body but for the model, and the data of its stream from the end on, with the usage. */
const callers = {
  chat: { path: () => '/v1/chat/completions', body: { messages, ...usageToo } },
  completions: { path: () => '/v1/completions', body: { prompt: 'hi', ...usageToo } },
  responses: { path: () => '/v1/responses', body: { input: 'hi', store: false } },
  messages: { path: () => '/v1/messages', body: { messages, max_tokens: 5_000 } },
  gemini: {
    path: (model: string) => `/v1beta/models/${model}:streamGenerateContent`,
    query: 'alt=sse',
    body: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
  },
} as const

type CallerName = keyof typeof callers

function begin(name: CallerName, model: string, more: object = {}) {
  const caller = callers[name]
  const isNamed = name === 'gemini'
  const body = isNamed ? { ...caller.body, ...more } : { model, stream: true, ...caller.body, ...more }
  const query = 'query' in caller ? caller.query : ''
  const { reply } = gateway.call({ path: caller.path(model), query, body })
  return { reply, upstream: gateway.upstream.last }
}

/** The events of a stream, as JSON where they are, and its comments. */
function eventsOf(text: string): { data: unknown[]; comments: string[] } {
  const lines = text.split(/\r?\n/)
  const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim())
  return {
    data: data.map((one) => (one === '[DONE]' ? one : JSON.parse(one))),
    comments: lines.filter((line) => line.startsWith(':')),
  }
}

// biome-ignore lint/suspicious/noExplicitAny: tests read into events whose shape they assert
const expectedEnds: Record<CallerName, (data: any[]) => void> = {
  chat: (data) => {
    const [finish, usage, done] = data.slice(-3)
    expect(finish.choices).toMatchObject([{ index: 0, finish_reason: 'length' }])
    expect(usage).toMatchObject({ choices: [], usage: { completion_tokens: expect.any(Number) } })
    expect(usage.usage.completion_tokens).toBeGreaterThan(64)
    expect([finish.object, finish.id, done]).toEqual(['chat.completion.chunk', data[0].id, '[DONE]'])
  },
  completions: (data) => {
    const [finish, usage, done] = data.slice(-3)
    expect(finish).toMatchObject({
      object: 'text_completion',
      choices: [{ index: 0, text: '', finish_reason: 'length' }],
    })
    expect([usage.choices, done]).toEqual([[], '[DONE]'])
  },
  responses: (data) => {
    const { type, sequence_number: sequence, response } = data.at(-1)
    expect([type, response.status]).toEqual(['response.incomplete', 'incomplete'])
    expect(response.incomplete_details).toEqual({ reason: 'max_output_tokens' })
    expect(response.usage.output_tokens).toBeGreaterThan(64)
    const said = data.filter((one) => one.type === 'response.output_text.delta').map(({ delta }) => delta)
    expect(response.output.at(-1)).toMatchObject({ status: 'incomplete', content: [{ text: said.join('') }] })
    expect(data.map((one) => one.type).filter((one) => one.endsWith('.done'))).toEqual([
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
    ])
    expect(sequence).toBeGreaterThan(data.at(-2).sequence_number)
  },
  messages: (data) => {
    expect(data.slice(-3)).toMatchObject([
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'max_tokens', stop_sequence: null } },
      { type: 'message_stop' },
    ])
    expect(data.at(-2).usage.output_tokens).toBeGreaterThan(64)
  },
  gemini: (data) => {
    expect(data.at(-1).candidates).toMatchObject([{ index: 0, finishReason: 'MAX_TOKENS' }])
    expect(data.at(-1).usageMetadata.candidatesTokenCount).toBeGreaterThan(64)
  },
}

const legacyChunk = (text: string) =>
  `data: ${JSON.stringify({ id: 'c1', object: 'text_completion', created: 1, model: 'gpt-4o', choices: [{ text, index: 0, logprobs: null, finish_reason: null }] })}\n\n`
const legacy: PlayedDialect = { ...openAiChat, opening: '', word: legacyChunk }
const itemOfResponse =
  openAiResponses.opening +
  ['response.output_item.added', 'response.content_part.added']
    .map((type) => {
      const item = { type: 'message', id: 'm1', role: 'assistant', status: 'in_progress', content: [] }
      const part = { type: 'output_text', text: '', annotations: [], logprobs: [] }
      return `event: ${type}\ndata: ${JSON.stringify({ type, output_index: 0, content_index: 0, item_id: 'm1', item, part })}\n\n`
    })
    .join('')

const cases: [CallerName, string, PlayedDialect][] = [
  ['chat', 'gpt', openAiChat],
  ['chat', 'claude', anthropic],
  ['chat', 'gem', gemini],
  ['completions', 'gpt', legacy],
  ['completions', 'claude', anthropic],
  ['responses', 'gpt', { ...openAiResponses, opening: itemOfResponse }],
  ['responses', 'claude', anthropic],
  ['messages', 'claude', anthropic],
  ['messages', 'gpt', openAiChat],
  ['gemini', 'gem', gemini],
  ['gemini', 'gpt', openAiChat],
  ['gemini', 'claude', anthropic],
]

describe('the end of a stream that is cut', () => {
  test.each(cases)('%s at %s', (caller, model, played) => {
    const { reply, upstream } = begin(caller, model)
    upstream.stream(played.opening, ...Array.from({ length: 500 }, () => played.word('seven ')))
    expect([reply.ended, reply.aborted, upstream.aborted]).toEqual([true, false, true])
    const { data, comments } = eventsOf(reply.text)
    expectedEnds[caller](data)
    expect(comments).toEqual([': limit_exhausted: The limit `small` has no room for more of this answer.'])
    expect(gateway.record).toMatchObject({
      status: 'cut',
      httpStatus: 200,
      errorCode: 'limit_exhausted',
      estimated: true,
    })
    expect(gateway.attempts).toMatchObject([{ outcome: 'aborted', upstreamStatus: 200 }])
    const { output } = gateway.attempts[0]!.tokens
    expect(output).toBeGreaterThan(64)
    expect(output).toBeLessThan(250)
    expect(gateway.leftovers).toEqual({ inFlight: 0, armed: 0, live: 0 })
    expect([...limits.exceeded]).toEqual([['small cut', 1]])
  })
})

test('a caller that asked for no usage gets none', () => {
  const { reply, upstream } = begin('chat', 'gpt', { stream_options: undefined })
  upstream.stream(openAiChat.opening, openAiChat.word('word '.repeat(400)))
  expect(reply.text).not.toContain('"usage"')
  expect(reply.text.endsWith('data: [DONE]\n\n')).toBe(true)
})

test('each choice that has not ended ends', () => {
  const chunk = (index: number, delta: object, finish_reason: string | null = null) =>
    `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', choices: [{ index, delta, finish_reason }] })}\n\n`
  const { reply, upstream } = begin('chat', 'gpt', { n: 3 })
  upstream.stream(
    ...[0, 1, 2].map((index) => chunk(index, { role: 'assistant', content: '' })),
    ...[0, 1, 2].map((index) => chunk(index, { content: 'a word ' })),
    chunk(1, {}, 'stop'),
    ...[0, 2, 0, 2].map((index) => chunk(index, { content: 'word '.repeat(400) })),
  )
  // biome-ignore lint/suspicious/noExplicitAny: the shape is asserted
  const ends = eventsOf(reply.text).data.flatMap((one: any) => one.choices ?? [])
  const reasons = ends.filter(({ finish_reason: reason }) => reason !== null)
  expect(reasons.map(({ index, finish_reason: reason }) => [index, reason])).toEqual([
    [1, 'stop'],
    [0, 'length'],
    [2, 'length'],
  ])
})

test('a stream that only lacks its end is not cut', () => {
  const { reply, upstream } = begin('chat', 'gpt')
  const words = Array.from({ length: 100 }, () => openAiChat.word('word'))
  upstream.stream(openAiChat.opening, words.join('') + openAiChat.closing)
  expect(reply.text.endsWith(openAiChat.closing)).toBe(true)
  expect(gateway.record).toMatchObject({ status: 'ok', errorCode: '' })
})

test.each<[string, object]>([
  ['owes', { onExhausted: 'owe' }],
  ['only reports', { onExhausted: 'cut', mode: 'report' }],
  ['may be overdrawn as far', { onExhausted: 'cut', overdraft: 1, tokens: 1_000 }],
  ['counts input alone', { tokens: undefined, inputTokens: 10 }],
  ['counts requests', { tokens: undefined, requests: 10 }],
])('a limit that %s lets a stream go on', async (_, change) => {
  const limit = { per: 'key', tokens: 100, window: '1h', ...change }
  await gateway.put(
    'limits',
    'small',
    Object.fromEntries(Object.entries(limit).filter(([, value]) => value !== undefined)),
  )
  const { reply, upstream } = begin('chat', 'gpt')
  upstream.stream(openAiChat.opening, openAiChat.word('word '.repeat(1_000)), openAiChat.closing)
  expect(reply.text.endsWith('data: [DONE]\n\n')).toBe(true)
  expect(gateway.record).toMatchObject({ status: 'ok' })
})

test.each<[string, object]>([
  ['output tokens', { outputTokens: 100 }],
  ['cost', { usd: 0.0001 }],
  ['tokens of a target', { tokens: 100, per: 'target' }],
])('a limit of %s cuts too', async (_, limit) => {
  await gateway.put('limits', 'small', { per: 'key', window: '1h', onExhausted: 'cut', overdraft: 0, ...limit })
  const { reply, upstream } = begin('chat', 'gpt')
  upstream.stream(openAiChat.opening, ...Array.from({ length: 100 }, () => openAiChat.word('word '.repeat(10))))
  expect(reply.text).toContain('"finish_reason":"length"')
  expect(upstream.aborted).toBe(true)
})

test.each([
  ['gem', gemini],
  ['gpt', openAiChat],
])('a stream of Gemini that is a list at %s ends as a list', (model, played) => {
  const body = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }
  const { reply } = gateway.call({ path: `/v1beta/models/${model}:streamGenerateContent`, body })
  gateway.upstream.last.stream(played.opening, ...Array.from({ length: 500 }, () => played.word('seven ')))
  expect(reply.ended).toBe(true)
  const chunks = JSON.parse(reply.text)
  expect(chunks.at(-1).candidates).toMatchObject([{ finishReason: 'MAX_TOKENS' }])
})

test.each([
  ['claude', anthropic],
  ['gpt', { ...openAiResponses, opening: itemOfResponse }],
])('a response of %s that is stored is stored as it was cut', async (model, played) => {
  const { reply } = gateway.call({ path: '/v1/responses', body: { model, input: 'hi', stream: true } })
  await vi.waitFor(() => expect(gateway.upstream.calls.length).toBe(1))
  gateway.upstream.last.stream(played.opening, ...Array.from({ length: 500 }, () => played.word('seven ')))
  await vi.waitFor(() => expect(reply.ended).toBe(true))
  // biome-ignore lint/suspicious/noExplicitAny: the shape is asserted
  const last = eventsOf(reply.text).data.at(-1) as any
  expect(last.response).toMatchObject({ status: 'incomplete', store: true })
  const read = gateway.call({ method: 'GET', path: `/v1/responses/${last.response.id}` }).reply
  await vi.waitFor(() => expect(read.ended).toBe(true))
  expect(JSON.parse(read.text)).toMatchObject({ status: 'incomplete', output: last.response.output })
})
