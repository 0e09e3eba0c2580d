// An upstream that sends events without end and nothing of an answer: every way to read a stream gives it up after a bounded number,
// before its first token and behind it.
import { describe, expect, test } from 'vitest'
import { awsEvent } from '../../../acceptance/aws-events.ts'
import { fruitlessEventsMax } from '../../../shared/sse/frames.ts'
import { anthropicUpstream } from '../dialects/anthropic/anthropic.ts'
import { bedrockUpstream } from '../dialects/bedrock/bedrock.ts'
import { cohereUpstream } from '../dialects/cohere/cohere.ts'
import type { UpstreamDialect } from '../dialects/dialect.ts'
import { geminiUpstream } from '../dialects/gemini/gemini.ts'
import { openAiChatInbound, openAiChatUpstream } from '../dialects/openai-chat/openai-chat.ts'
import { openAiResponsesUpstream } from '../dialects/openai-responses/openai-responses.ts'
import { factsFor, printedNothing } from '../dialects/test-dialects.ts'
import type { StreamDialect } from '../operations/operation.ts'
import type { AnswerStream, StreamOptions } from './answer-stream.ts'
import { PassThroughStream } from './pass-through-stream.ts'
import { TestSink } from './test-sink.ts'
import { anthropic, gemini, openAiChat, openAiResponses, type PlayedDialect } from './test-streams.ts'
import { TranslatedStream } from './translated-stream.ts'

type Open = () => AnswerStream
const options = (): StreamOptions => ({ showUsage: false, nowMs: 0, sink: new TestSink() })
const passed =
  (dialect: StreamDialect): Open =>
  () =>
    new PassThroughStream(dialect, options())
const translated =
  (upstream: UpstreamDialect): Open =>
  () => {
    const inbound = openAiChatInbound
    const translation = { inbound, upstream, printed: printedNothing, facts: factsFor(inbound), filters: [] }
    return new TranslatedStream({ ...translation, errors: 'openai' }, options())
  }

const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`
const list = {
  opening: '[',
  word: (text: string) => `${JSON.stringify({ candidates: [{ content: { parts: [{ text }] } }] })},`,
}
const cohere = {
  opening: event({ type: 'message-start', id: 'c' }),
  word: (text: string) => event({ type: 'content-delta', index: 0, delta: { message: { content: { text } } } }),
}

const silent = [':\n\n', '\n', ': a\n', 'id: 1\n\n', 'data:\n\n', 'data: \n\n', 'event: ping\ndata:\n\n']
const rows: [string, Open, Pick<PlayedDialect, 'opening' | 'word'>, string[]][] = [
  [
    'chat passed through',
    passed('chat'),
    openAiChat,
    [...silent, event({}), event({ choices: [] }), 'event: ping\ndata: {}\n\n'],
  ],
  [
    'responses passed through',
    passed('responses'),
    openAiResponses,
    [...silent, event({ type: 'response.in_progress' }), event({ type: 'keepalive' })],
  ],
  [
    'messages passed through',
    passed('messages'),
    anthropic,
    [...silent, event({ type: 'ping' }), event({ type: 'unknown' })],
  ],
  ['gemini passed through', passed('gemini'), gemini, [...silent, event({}), event({ candidates: [] })]],
  [
    'typed events passed through',
    passed('typed'),
    { opening: '', word: (text) => event({ type: 'speech.audio.delta', audio: text }) },
    silent,
  ],
  [
    'chat translated',
    translated(openAiChatUpstream),
    openAiChat,
    [...silent, event({}), event({ choices: [] }), event({ choices: [{ index: 0, delta: {} }] })],
  ],
  [
    'responses translated',
    translated(openAiResponsesUpstream),
    openAiResponses,
    [...silent, event({ type: 'response.in_progress' }), event({ type: 'keepalive' })],
  ],
  [
    'messages translated',
    translated(anthropicUpstream),
    anthropic,
    [...silent, event({ type: 'ping' }), event({ type: 'unknown' })],
  ],
  ['gemini translated', translated(geminiUpstream), gemini, [...silent, event({}), event({ candidates: [] })]],
  ['a JSON list of gemini translated', translated(geminiUpstream), list, [' ', ',', '\n', '{},', '{"candidates":[]},']],
  ['cohere translated', translated(cohereUpstream), cohere, [...silent, event({ type: 'debug' })]],
  [
    'bedrock translated',
    translated(bedrockUpstream),
    {
      opening: awsEvent('messageStart', { role: 'assistant' }).toString('latin1'),
      word: (text) => awsEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text } }).toString('latin1'),
    },
    [
      awsEvent('unknown', {}).toString('latin1'),
      awsEvent('contentBlockDelta', { contentBlockIndex: 0, delta: {} }).toString('latin1'),
    ],
  ],
]

/** Pushes until the stream gives up; the number of pieces that it took. */
function taken(stream: AnswerStream, piece: string): number {
  const piecesMax = 2_000_000
  const chunk = piece.repeat(1_000)
  let pieces = 0
  while (pieces < piecesMax && stream.push(Buffer.from(chunk, 'latin1'), 1) === 'ok') pieces += 1_000
  return pieces
}

/** Line ends and commas are bounded by the bytes that an event may have. */
const boundOf = (piece: string) => (piece.length < 8 ? 1_100_000 : fruitlessEventsMax * 4)

describe.each(rows)('%s', (_name, open, { opening, word }, pieces) => {
  test.each(pieces)('nothing but %j, before the first token and behind it', (piece) => {
    const fresh = open()
    fresh.push(Buffer.from(opening, 'latin1'), 1)
    expect(taken(fresh, piece)).toBeLessThan(boundOf(piece))
    const begun = open()
    begun.push(Buffer.from(opening + word('hi'), 'latin1'), 1)
    expect(begun.timing.tokens).toBe(1)
    expect(taken(begun, piece)).toBeLessThan(boundOf(piece))
  })

  test('an answer with many tokens goes on, whatever stands between them', () => {
    const stream = open()
    stream.push(Buffer.from(opening, 'latin1'), 1)
    const [piece = ''] = pieces
    const chunk = piece.repeat(100) + word('hi')
    for (let i = 0; i < 2 * (fruitlessEventsMax / 100); i++) {
      expect(stream.push(Buffer.from(chunk, 'latin1'), 1)).toBe('ok')
    }
  })
})
