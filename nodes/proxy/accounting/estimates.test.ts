// What is recorded where an upstream tells no tokens, over all dialects, passed through and translated.
import { describe, expect, test } from 'vitest'
import { estimateTokens, tokensOfBytes } from '../../../shared/chat/estimate.ts'
import { BodyScan, scanBody } from '../../../shared/json/scan.ts'
import { bedrockUpstream } from '../dialects/bedrock/bedrock.ts'
import { cohereUpstream } from '../dialects/cohere/cohere.ts'
import { bodyTextBytes } from '../dialects/common/answer-text.ts'
import type { UpstreamDialect } from '../dialects/dialect.ts'
import { openAiChatInbound } from '../dialects/openai-chat/openai-chat.ts'
import { dialects, encodedEvent, factsFor, printedNothing, requestOf } from '../dialects/test-dialects.ts'
import type { StreamDialect } from '../operations/operation.ts'
import type { AnswerStream } from '../streams/answer-stream.ts'
import { PassThroughStream } from '../streams/pass-through-stream.ts'
import { anthropic, gemini, openAiChat, openAiResponses, type PlayedDialect } from '../streams/test-streams.ts'
import { TranslatedStream } from '../streams/translated-stream.ts'

const options = {
  showUsage: false,
  nowMs: 0,
  sink: { onFirstByte: () => {}, onBytes: () => {}, onDone: () => {}, onErrorEvent: () => {} },
}
const estimate = { estimatedInput: 99, target: { model: 'a-model' } }
const words = Array.from({ length: 20 }, (_, i) => `word${i % 10} `)
/** 20 words of six bytes, at four bytes for a token. */
const output = 30

const completions: PlayedDialect = {
  opening: '',
  word: (text) => `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, text, finish_reason: null }] })}\n\n`,
  closing: openAiChat.closing,
  whole: (text) => ({ choices: [{ index: 0, text, finish_reason: 'stop' }] }),
}

const passedThrough: readonly (readonly [string, StreamDialect, PlayedDialect])[] = [
  ['chat', 'chat', openAiChat],
  ['completions', 'chat', completions],
  ['responses', 'responses', openAiResponses],
  ['messages', 'messages', anthropic],
  ['gemini', 'gemini', gemini],
]

function translated(upstream: UpstreamDialect): TranslatedStream {
  const inbound = openAiChatInbound
  const facts = factsFor(inbound)
  return new TranslatedStream(
    { inbound, upstream, printed: printedNothing, facts, errors: 'openai', filters: [] },
    options,
  )
}

function play(stream: AnswerStream, ...texts: readonly (string | Buffer)[]): AnswerStream {
  for (const text of texts) stream.push(Buffer.from(text), 1)
  return stream
}

describe.each(passedThrough)('%s, passed through', (name, dialect, played) => {
  const delivered = [played.opening, ...words.map((word) => played.word(word))]
  // An Anthropic message begins with the count of its input.
  const input = name === 'messages' ? 7 : 99

  test('a stream that is cut is estimated by what was delivered', () => {
    const stream = play(new PassThroughStream(dialect, options), ...delivered)
    expect(stream.tokens(estimate)).toMatchObject({ tokens: { input, output }, estimated: true })
  })

  test('what the upstream tells at the end takes the place of the estimate', () => {
    const stream = play(new PassThroughStream(dialect, options), ...delivered, played.closing)
    expect(stream.tokens(estimate)).toMatchObject({ tokens: { input: 7, output: 3 }, estimated: false })
  })

  test('a whole answer that tells nothing is estimated by its text', () => {
    const { usage: _, usageMetadata: __, ...told } = played.whole(words.join('')) as Record<string, unknown>
    expect(tokensOfBytes(bodyTextBytes(Buffer.from(JSON.stringify(told))), 'a-model')).toBe(output)
  })
})

const bedrock: PlayedBytes = {
  opening: encodedEvent('messageStart', { role: 'assistant' }),
  word: (text) => encodedEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text } }),
}
const cohereEvent = (event: object) => Buffer.from(`data: ${JSON.stringify(event)}\n\n`)
const cohere: PlayedBytes = {
  opening: cohereEvent({ type: 'message-start', id: 'm', delta: { message: { role: 'assistant' } } }),
  word: (text) => cohereEvent({ type: 'content-delta', index: 0, delta: { message: { content: { text } } } }),
}

interface PlayedBytes {
  readonly opening: Buffer | string
  word(text: string): Buffer | string
}

const upstreamOf = (name: string) => dialects.find((one) => one.name === name)?.upstream ?? bedrockUpstream
const translatedFrom: readonly (readonly [string, UpstreamDialect, PlayedBytes])[] = [
  ['chat', upstreamOf('openai-chat'), openAiChat],
  ['messages', upstreamOf('anthropic'), anthropic],
  ['gemini', upstreamOf('gemini'), gemini],
  ['bedrock', bedrockUpstream, bedrock],
  ['cohere', cohereUpstream, cohere],
]

test.each(translatedFrom)(
  'a stream from %s that is cut is estimated by what was delivered',
  (name, upstream, played) => {
    const stream = play(translated(upstream), played.opening, ...words.map((word) => played.word(word)))
    const input = name === 'messages' ? 7 : 99
    expect(stream.tokens(estimate)).toMatchObject({ tokens: { input, output }, estimated: true })
  },
)

test('what the start of a message says of the output is no count, and zero that is told at the end is zero', () => {
  const start =
    'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":7,"output_tokens":1}}}\n\n'
  const end = 'event: message_delta\ndata: {"type":"message_delta","delta":{},"usage":{"output_tokens":0}}\n\n'
  const told = (...events: string[]) => play(new PassThroughStream('messages', options), ...events).tokens(estimate)
  expect(told(start)).toMatchObject({ tokens: { input: 7, output: 0 }, estimated: true })
  expect(told(start, anthropic.word('x'), end)).toMatchObject({ tokens: { input: 7, output: 0 }, estimated: false })
})

test('zero that a chat stream or a Gemini stream tells is zero', () => {
  const zero = '{"prompt_tokens":0,"completion_tokens":0}'
  const chat = play(
    new PassThroughStream('chat', options),
    openAiChat.word('x'),
    `data: {"choices":[],"usage":${zero}}\n\n`,
  )
  expect(chat.tokens(estimate)).toMatchObject({ tokens: { input: 0, output: 0 }, estimated: false })
  const counts = { promptTokenCount: 0, candidatesTokenCount: 0 }
  const event = `data: ${JSON.stringify({ candidates: [], usageMetadata: counts })}\n\n`
  const google = play(new PassThroughStream('gemini', options), gemini.word('x'), event)
  expect(google.tokens(estimate)).toMatchObject({ tokens: { input: 0, output: 0 }, estimated: false })
})

test('reasoning and the input of tools count, a signature and the audio of an answer do not', () => {
  const block = (delta: object) => `data: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta })}\n\n`
  const stream = play(
    new PassThroughStream('messages', options),
    block({ type: 'thinking_delta', thinking: 'twelve bytes' }),
    block({ type: 'input_json_delta', partial_json: '{"city":"NY"}' }),
    block({ type: 'signature_delta', signature: 'x'.repeat(400) }),
  )
  expect(stream.tokens(estimate).tokens.output).toBe(Math.ceil(25 / 4))
  const spoken = `data: ${JSON.stringify({ type: 'response.output_audio.delta', delta: 'x'.repeat(400) })}\n\n`
  expect(play(new PassThroughStream('responses', options), spoken).tokens(estimate).tokens.output).toBe(0)
})

describe('the input', () => {
  const inputOf = (body: object) => {
    const scan = new BodyScan()
    expect(scanBody(Buffer.from(JSON.stringify(body)), scan)).toBeUndefined()
    return tokensOfBytes(scan.textBytes, 'a-model')
  }

  test.each<[string, object]>([
    ['chat', { model: 'a-long-name-of-a-model', messages: [{ role: 'user', content: 'Hi' }], user: 'somebody' }],
    ['messages', { model: 'claude', max_tokens: 9, system: 'Be', messages: [{ role: 'user', content: 'Hi' }] }],
    ['responses', { model: 'm', input: 'Hi', instructions: 'Be brief' }],
    ['completions', { model: 'm', prompt: 'Hi, how are you?' }],
    ['gemini', { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] }],
  ])('of %s counts the text, not the JSON', (_, body) => {
    expect(inputOf(body)).toBeGreaterThan(0)
    expect(inputOf(body)).toBeLessThanOrEqual(4)
  })

  test('that is a picture counts by what it is', () => {
    const url = `data:image/png;base64,${'A'.repeat(400_000)}`
    const content = [{ type: 'image_url', image_url: { url } }]
    expect(inputOf({ model: 'm', messages: [{ role: 'user', content }] })).toBeLessThan(1_600)
    const chinese = '今天'.repeat(2_000)
    expect(inputOf({ model: 'm', messages: [{ role: 'user', content: chinese }] })).toBe(Math.ceil(12_004 / 4))
  })

  test('is counted by the family of the model', () => {
    const text = 'x'.repeat(3_150)
    const request = requestOf({ messages: [{ role: 'user', parts: [{ type: 'text', text }] }] })
    const of = (model: string) => estimateTokens(request, model)
    expect(['claude-opus-4-5', 'gpt-5', 'o3-mini', 'us.anthropic.claude-sonnet-4', 'llama'].map(of)).toEqual([
      904, 704, 704, 904, 792,
    ])
  })
})

test('an estimate is not far above what an upstream told of the same text', () => {
  // OpenAI told 363 tokens for the 1,792 bytes of `recordings/openai--chat--openai-text.fixture.json`.
  expect(tokensOfBytes(1_792, 'gpt-4.1-nano') / 363).toBeLessThan(1.15)
})
