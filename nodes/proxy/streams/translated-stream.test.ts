import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AssistantPart } from '../../../shared/chat/parts.ts'
import { anthropicInbound, anthropicUpstream } from '../dialects/anthropic/anthropic.ts'
import type { InboundDialect, UpstreamDialect } from '../dialects/dialect.ts'
import { geminiStreamInbound, geminiUpstream } from '../dialects/gemini/gemini.ts'
import { openAiChatInbound, openAiChatUpstream } from '../dialects/openai-chat/openai-chat.ts'
import { openAiResponsesInbound } from '../dialects/openai-responses/openai-responses.ts'
import { factsFor, printedNothing } from '../dialects/test-dialects.ts'
import type { AnswerFilter } from './answer-filter.ts'
import { TestSink } from './test-sink.ts'
import { TranslatedStream, type Translation } from './translated-stream.ts'

interface TestOptions {
  readonly inbound?: InboundDialect
  readonly upstream?: UpstreamDialect
  readonly filters?: readonly AnswerFilter[]
  readonly stored?: Translation['facts']['stored']
}

function opened({ inbound = openAiChatInbound, upstream = anthropicUpstream, filters = [], stored }: TestOptions = {}) {
  const sink = new TestSink()
  const facts = { ...factsFor(inbound), stored }
  const translation: Translation = { inbound, upstream, printed: printedNothing, facts, errors: 'openai', filters }
  return { sink, stream: new TranslatedStream(translation, { showUsage: false, nowMs: 100, sink }) }
}

const event = (value: { type: string; [name: string]: unknown }) =>
  `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`
const start = event({ type: 'message_start', message: { id: 'msg_1', model: 'claude-x', usage: { input_tokens: 10 } } })
const open = event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } })
const delta = (text: string) => event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })
const close = event({ type: 'content_block_stop', index: 0 })
const finish = event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } })
const stop = event({ type: 'message_stop' })
const ping = event({ type: 'ping' })
const error = event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded.' } })
const whole = [start, open, delta('Grüße '), delta('😀'), close, finish, stop].join('')

function contentIn(text: string): string {
  const chunks = text.split('\n\n').filter((one) => one.startsWith('data: {'))
  return chunks.map((one) => JSON.parse(one.slice(6)).choices[0]?.delta.content ?? '').join('')
}

test('what one read brought goes out in one write, and the terminal event is held back', () => {
  const { sink, stream } = opened()
  expect([stream.push(Buffer.from(whole), 110), stream.end()]).toEqual(['ok', 'whole'])
  expect(sink.puts).toEqual([
    'first',
    { bytes: expect.any(String) },
    { last: expect.stringMatching(/"finish_reason":"stop".*\n\ndata: \[DONE\]\n\n$/) },
  ])
  expect(contentIn(sink.text)).toBe('Grüße 😀')
  expect(stream).toMatchObject({ forwarded: true, finished: true, contentType: 'text/event-stream' })
})

test('a stream comes out the same wherever it is cut', () => {
  const { sink: once, stream } = opened()
  stream.push(Buffer.from(whole), 110)
  const bytes = Buffer.from(whole)
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => {
      const { sink, stream: pieces } = opened()
      const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
      for (const [n, from] of places.slice(0, -1).entries()) pieces.push(bytes.subarray(from, places[n + 1]), 110)
      expect([pieces.end(), sink.text, sink.last]).toEqual(['whole', once.text, once.last])
    }),
  )
})

test('nothing that comes behind the end counts', () => {
  const { sink, stream } = opened()
  stream.push(Buffer.from(whole), 110)
  const puts = sink.puts.length
  expect([stream.push(Buffer.from('no events at all'), 120), stream.end(), sink.puts.length]).toEqual([
    'ok',
    'whole',
    puts,
  ])
})

test('a stream that ends too early is cut, and what came before is sent', () => {
  const { sink, stream } = opened()
  stream.push(Buffer.from([start, open, delta('Grüße')].join('')), 110)
  expect([stream.end(), stream.end(), sink.last, contentIn(sink.text)]).toEqual(['cut', 'cut', undefined, 'Grüße'])
})

test('an error in the read of the first words takes them back: another target may be tried', () => {
  const { sink, stream } = opened()
  stream.push(Buffer.from([start, open, delta('Grüße'), error].join('')), 110)
  expect(sink.puts).toEqual(['error'])
  expect(stream).toMatchObject({ forwarded: false, errorMessage: 'Overloaded.', error: { kind: 'overloaded' } })
  expect(stream.end()).toBe('cut')
})

test('an error after the first words comes behind them', () => {
  const { sink, stream } = opened()
  stream.push(Buffer.from([start, open, delta('Grü')].join('')), 110)
  stream.push(Buffer.from(delta('ße') + error), 120)
  expect(sink.puts.at(-1)).toBe('error')
  expect(contentIn(sink.text)).toBe('Grüße')
})

const deepCall = `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`
const deepEvent = `data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":${deepCall}}}]}}]}`

test.each([
  ['bytes that are no events', 'data: {"oops\n\n', anthropicUpstream],
  ['bytes of an event that is nested too deeply to be printed', `${deepEvent}\n\n`, geminiUpstream],
])('%s break the stream', (_, text, upstream) => {
  expect(opened({ upstream }).stream.push(Buffer.from(text), 110)).toBe('broken')
})

test('an event that is nested too deeply cuts a stream that ends with it', () => {
  const { sink, stream } = opened({ upstream: geminiUpstream })
  expect(stream.push(Buffer.from(deepEvent), 110)).toBe('ok')
  expect([stream.end(), sink.last]).toEqual(['cut', undefined])
})

test('tokens are those that the upstream told, else estimated by the text', () => {
  const estimate = { estimatedInput: 99, target: { model: 'm' } }
  const { stream } = opened()
  stream.push(Buffer.from(whole), 110)
  expect(stream.tokens(estimate)).toMatchObject({ tokens: { input: 10, output: 7 }, estimated: false })
  const { stream: silent } = opened({ upstream: openAiChatUpstream })
  const chunk = (content: string) =>
    `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content } }] })}\n\n`
  silent.push(Buffer.from([chunk('six six'), chunk(' six')].join('')), 110)
  expect(silent.tokens(estimate)).toEqual({ tokens: { input: 99, output: 3, cached: 0 }, estimated: true })
})

test('times are those of the first and the last token', () => {
  const { stream } = opened()
  stream.push(Buffer.from(start + open), 110)
  expect([stream.timing.tokens, stream.lastEventMs]).toEqual([0, 100])
  stream.push(Buffer.from(delta('a')), 120)
  stream.push(Buffer.from(delta('b')), 130)
  stream.push(Buffer.from(ping), 140)
  stream.push(Buffer.from(': a comment\n\n'), 150)
  expect(stream.timing).toEqual({ tokens: 2, firstTokenMs: 120, lastTokenMs: 130 })
  expect(stream.lastEventMs).toBe(140)
})

test('what comes before the first token is held back, and dropped when an error follows', () => {
  for (const inbound of [openAiChatInbound, anthropicInbound, openAiResponsesInbound]) {
    const { sink, stream } = opened({ inbound })
    for (const one of [start, ping, open, ': PROCESSING\n\n']) stream.push(Buffer.from(one), 110)
    expect([sink.puts, stream.forwarded]).toEqual([[], false])
    stream.push(Buffer.from(error), 110)
    expect(sink.puts).toEqual(['error'])
  }
})

test('what was held back goes out with the first token, and at the end of an empty answer', () => {
  const { sink, stream } = opened({ inbound: anthropicInbound })
  for (const one of [start, open, delta('x')]) stream.push(Buffer.from(one), 110)
  expect(sink.puts.map((put) => typeof put)).toEqual(['string', 'object'])
  expect(sink.text).toContain('message_start')
  const { sink: empty, stream: said } = opened({ inbound: anthropicInbound })
  for (const one of [start, finish, stop]) said.push(Buffer.from(one), 110)
  expect(empty.text + empty.last).toMatch(/message_start.*message_stop/s)
})

test('filters stand between the upstream and the caller', () => {
  const shout: AnswerFilter = (emit) => (one) =>
    emit(one.type === 'text-delta' ? { ...one, text: one.text.toUpperCase() } : one)
  const { sink, stream } = opened({ filters: [shout] })
  stream.push(Buffer.from(whole), 110)
  expect(contentIn(sink.text)).toBe('GRÜSSE 😀')
})

test('a filter that ends an answer ends it for the caller', () => {
  const policy: AnswerFilter = (emit) => (one) =>
    emit(one.type === 'text-delta' ? { type: 'error', error: { kind: 'content-policy', message: 'Filtered.' } } : one)
  const { sink, stream } = opened({ filters: [policy] })
  stream.push(Buffer.from([start, open, delta('x')].join('')), 110)
  expect([sink.puts, stream.errorMessage]).toEqual([['error'], 'Filtered.'])
})

test('a whole answer is told to the store before its last event goes out, and a cut one never', () => {
  const taken: (readonly AssistantPart[])[] = []
  let last: string | undefined = 'not asked'
  const stored = {
    id: 'resp_1',
    take: (parts: readonly AssistantPart[]) => {
      last = sink.last
      taken.push(parts)
    },
    takePrinted: () => {},
  }
  const { sink, stream } = opened({ stored })
  stream.push(Buffer.from(whole.slice(0, -stop.length)), 110)
  expect(taken).toEqual([])
  stream.push(Buffer.from(stop), 120)
  expect(taken).toEqual([[expect.objectContaining({ type: 'text', text: 'Grüße 😀' })]])
  expect(last).toBeUndefined()
})

test.each<[InboundDialect, string, string]>([
  [openAiChatInbound, 'text/event-stream', ': keep-alive\n\n'],
  [anthropicInbound, 'text/event-stream', ': keep-alive\n\n'],
  [geminiStreamInbound('sse'), 'text/event-stream', ': keep-alive\n\n'],
  [geminiStreamInbound('list'), 'application/json', '\n'],
])('the framing is that of the dialect of the caller (%#)', (inbound, contentType, keepAlive) => {
  expect(opened({ inbound }).stream).toMatchObject({ contentType, keepAlive })
})

test('a failure is told in the words of the dialect, where it has its own', () => {
  expect(opened().stream.failure('upstream_error', 'No.')).toBeUndefined()
  const failed = opened({ inbound: openAiResponsesInbound }).stream.failure('upstream_error', 'No.')
  expect(failed).toContain('event: response.failed')
})
