import { expect, test } from 'vitest'
import type { StreamDialect } from '../operations/operation.ts'
import { PassThroughStream } from './pass-through-stream.ts'
import { TestSink } from './test-sink.ts'

function opened(dialect: StreamDialect, showUsage = false) {
  const sink = new TestSink()
  return { sink, stream: new PassThroughStream(dialect, { showUsage, nowMs: 100, sink }) }
}

/** All events in one read, then the end. */
function passed(dialect: StreamDialect, events: readonly string[], showUsage = false) {
  const { sink, stream } = opened(dialect, showUsage)
  const read = stream.push(Buffer.from(events.join('')), 110)
  return { sink, stream, read, end: stream.end() }
}

const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`
const event = (value: { type: string; [name: string]: unknown }) => `event: ${value.type}\n${data(value)}`

const streams: Readonly<Record<StreamDialect, { events: readonly string[]; last: string; tokens: object }>> = {
  chat: {
    events: [
      data({ choices: [{ delta: { role: 'assistant', content: '' } }] }),
      data({ choices: [{ delta: { content: 'Grüße' } }] }),
      data({ choices: [{ delta: {}, finish_reason: 'stop' }], usage: { prompt_tokens: 3, completion_tokens: 4 } }),
    ],
    last: 'data: [DONE]\n\n',
    tokens: { input: 3, output: 4 },
  },
  responses: {
    events: [
      event({ type: 'response.created', response: { id: 'resp_1' } }),
      event({ type: 'response.output_text.delta', delta: 'Grüße' }),
    ],
    last: event({ type: 'response.completed', response: { usage: { input_tokens: 3, output_tokens: 4 } } }),
    tokens: { input: 3, output: 4 },
  },
  messages: {
    events: [
      event({ type: 'message_start', message: { usage: { input_tokens: 3, output_tokens: 1 } } }),
      event({ type: 'content_block_delta', delta: { type: 'text_delta', text: 'Grüße' } }),
      event({ type: 'message_delta', usage: { output_tokens: 4 } }),
    ],
    last: event({ type: 'message_stop' }),
    tokens: { input: 3, output: 4 },
  },
  gemini: {
    events: [data({ candidates: [{ content: { parts: [{ text: 'Grüße' }] } }] })],
    last: data({
      candidates: [{ content: { parts: [{ text: '!' }] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4 },
    }),
    tokens: { input: 3, output: 4 },
  },
  typed: {
    events: [
      event({ type: 'transcript.text.delta', delta: 'Grüße' }),
      event({ type: 'transcript.text.done', text: 'Grüße', usage: { input_tokens: 3, output_tokens: 4 } }),
    ],
    last: '',
    tokens: { input: 3, output: 4 },
  },
}
const dialects = Object.keys(streams) as StreamDialect[]

test.each(dialects)(
  'a stream of the dialect %s goes on to the byte, and its terminal event is held back',
  (dialect) => {
    const { events, last, tokens } = streams[dialect]
    const { sink, stream, read, end } = passed(dialect, [...events, last])
    expect([read, end]).toEqual(['ok', 'whole'])
    expect(sink.puts).toEqual(['first', { bytes: events.join('') }, { last }])
    expect(stream.tokens({ estimatedInput: 99, target: { model: 'm' } })).toMatchObject({ tokens, estimated: false })
    expect(stream).toMatchObject({ forwarded: true, finished: true, contentType: 'text/event-stream' })
  },
)

test.each(dialects)('a stream of the dialect %s that comes byte by byte comes out the same', (dialect) => {
  const { events, last } = streams[dialect]
  const { sink, stream } = opened(dialect)
  for (const byte of Buffer.from([...events, last].join(''))) stream.push(Buffer.from([byte]), 110)
  expect([stream.end(), sink.text, sink.last]).toEqual(['whole', events.join(''), last])
})

test.each(dialects.filter((dialect) => dialect !== 'typed'))(
  'a stream of the dialect %s that ends too early is cut, and has no last event',
  (dialect) => {
    const [first = ''] = streams[dialect].events
    const { sink, end } = passed(dialect, [first])
    expect([end, sink.last]).toEqual(['cut', undefined])
  },
)

test('the usage of a chat stream is kept from a caller who did not ask for it', () => {
  const usage = data({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } })
  const { events, last } = streams.chat
  expect(passed('chat', [...events, usage, last]).sink.text).toBe(events.join(''))
  expect(passed('chat', [...events, usage, last], true).sink.text).toBe([...events, usage].join(''))
})

test('tokens that nobody told are estimated: the output by its text, and the input as it was estimated', () => {
  const delta = data({ choices: [{ delta: { content: 'six six' } }] })
  const finish = data({ choices: [{ delta: {}, finish_reason: 'stop' }] })
  const { stream } = passed('chat', [delta, delta, finish, 'data: [DONE]\n\n'])
  expect(stream.tokens({ estimatedInput: 99, target: { model: 'm' } })).toEqual({
    tokens: { input: 99, output: 4, cached: 0 },
    estimated: true,
  })
})

test('times are those of the first and the last token, and comments are no events', () => {
  const { stream } = opened('chat')
  const delta = Buffer.from(data({ choices: [{ delta: { content: 'x' } }] }))
  expect(stream.lastEventMs).toBe(100)
  stream.push(delta, 110)
  stream.push(delta, 120)
  stream.push(Buffer.from(': still there\n\n'), 130)
  expect(stream.timing).toMatchObject({ tokens: 2, firstTokenMs: 110, lastTokenMs: 120 })
  expect(stream.lastEventMs).toBe(120)
})

test.each<[StreamDialect, string]>([
  ['chat', data({ error: { message: 'No.' } })],
  ['responses', event({ type: 'error', message: 'No.' })],
  ['messages', event({ type: 'error', error: { type: 'overloaded_error', message: 'No.' } })],
  ['gemini', data({ error: { code: 503, message: 'No.' } })],
  ['typed', event({ type: 'error', error: { message: 'No.' } })],
])('an error event of the dialect %s ends the stream, and none of it is forwarded', (dialect, error) => {
  const { sink, stream } = passed(dialect, [error, ...streams[dialect].events])
  expect(sink.puts).toEqual(['error'])
  expect([stream.errorMessage, stream.forwarded]).toEqual(['No.', false])
})

test('seconds of audio that a typed stream reports are its units', () => {
  const done = event({ type: 'transcript.text.done', usage: { type: 'duration', seconds: 2.5 } })
  expect(passed('typed', [done]).stream.units).toEqual({ unit: 'seconds', amount: 2.5 })
  expect(passed('chat', streams.chat.events).stream.units).toBeUndefined()
})

test('an event of an image may be larger than any event of a text', () => {
  const large = Buffer.from(event({ type: 'image_generation.partial_image', b64_json: 'x'.repeat(2 << 20) }))
  const half = large.subarray(0, large.length >> 1)
  const reads = (dialect: StreamDialect) => {
    const { stream } = opened(dialect)
    return [half, large.subarray(half.length)].map((bytes) => stream.push(bytes, 110))
  }
  expect(reads('typed')).toEqual(['ok', 'ok'])
  expect(reads('chat')[0]).toBe('broken')
})

test.each<[StreamDialect, string, readonly string[]]>([
  ['chat', 'nothing but its end', ['data: [DONE]\n\n']],
  ['chat', 'an error in its choice', [data({ choices: [{ delta: {}, error: { message: 'No.' } }] })]],
  // docs.mistral.ai/api: `error` is one of the finish reasons.
  ['chat', 'a choice that ends with an error', [data({ choices: [{ delta: {}, finish_reason: 'error' }] })]],
  ['responses', 'a failed response', [event({ type: 'response.failed', response: { status: 'failed' } })]],
  [
    'responses',
    'a failed one that is called complete',
    [event({ type: 'response.completed', response: { status: 'failed' } })],
  ],
  ['responses', 'an error without a type', [data({ error: { message: 'No.', type: 'server_error' } })]],
  ['messages', 'nothing but its end', [event({ type: 'message_stop' })]],
  ['messages', 'an error without a type', [data({ error: { message: 'No.' } })]],
  ['typed', 'nothing but its end', ['data: [DONE]\n\n']],
])('a stream of the dialect %s that is %s is no answer', (dialect, _, events) => {
  const { sink, stream } = passed(dialect, events)
  expect([sink.puts, stream.forwarded]).toEqual([['error'], false])
})

const text = { type: 'text', text: '' }
// What each API sends before its first token: MessageStreamEvent in @anthropic-ai/sdk, ResponseStreamEvent in openai.
const openings: readonly (readonly [StreamDialect, string])[] = [
  ['chat', ': OPENROUTER PROCESSING\n\n'],
  ['chat', 'retry: 3000\n\n'],
  ['chat', data({ choices: [{ delta: { role: 'assistant', content: '', refusal: null, tool_calls: [] } }] })],
  // Azure's preamble (wire 28).
  ['chat', data({ choices: [], prompt_filter_results: [] })],
  ['responses', ': PROCESSING\n\n'],
  ['responses', event({ type: 'response.created', response: {} })],
  ['responses', event({ type: 'response.queued', response: {} })],
  ['responses', event({ type: 'response.in_progress', response: {} })],
  ['responses', event({ type: 'response.output_item.added', item: { type: 'reasoning', summary: [] } })],
  ['responses', event({ type: 'response.output_item.added', item: { type: 'message', content: [] } })],
  ['responses', event({ type: 'response.content_part.added', part: { type: 'output_text', text: '' } })],
  ['responses', event({ type: 'response.reasoning_summary_part.added', part: {} })],
  ['messages', ': PROCESSING\n\n'],
  ['messages', event({ type: 'message_start', message: { usage: { input_tokens: 3 } } })],
  ['messages', event({ type: 'ping' })],
  ['messages', event({ type: 'content_block_start', index: 0, content_block: text })],
  ['messages', event({ type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } })],
  ['gemini', ': PROCESSING\n\n'],
  ['gemini', data({ candidates: [{ content: { role: 'model' } }], usageMetadata: { promptTokenCount: 3 } })],
  ['gemini', data({ candidates: [{ content: { parts: [{ text: '' }] } }] })],
  ['typed', ': PROCESSING\n\n'],
]

test.each(openings)('in the dialect %s this is held back until the first token: %s', (dialect, opening) => {
  const { sink, stream } = opened(dialect)
  stream.push(Buffer.from(opening), 110)
  expect([sink.puts, stream.forwarded, stream.lastEventMs]).toEqual([[], false, 100])
  const [first = ''] = streams[dialect].events.slice(-1)
  const token = dialect === 'chat' ? data({ choices: [{ delta: { content: 'x' } }] }) : first
  stream.push(Buffer.from(token), 120)
  expect(sink.puts).toEqual(['first', { bytes: opening + token }])
  expect(stream.lastEventMs).toBe(120)
})

test.each(openings)('in the dialect %s an error behind it is the first that is heard: %s', (dialect, opening) => {
  const { sink } = passed(dialect, [opening, event({ type: 'error', error: { message: 'No.' } })])
  expect(sink.puts).toEqual(['error'])
})

test.each<[StreamDialect, string]>([
  ['responses', event({ type: 'response.output_item.added', item: { type: 'function_call', name: 'f' } })],
  ['responses', event({ type: 'response.web_search_call.searching' })],
  ['messages', event({ type: 'content_block_start', content_block: { type: 'tool_use', name: 'f' } })],
  ['messages', event({ type: 'content_block_start', content_block: { ...text, text: 'Grüße' } })],
])('in the dialect %s this begins the answer: %s', (dialect, first) => {
  const { sink, stream } = opened(dialect)
  stream.push(Buffer.from(first), 110)
  expect([sink.puts.length, stream.lastEventMs]).toEqual([2, 110])
})

test('no more than a bound is held back', () => {
  const { sink, stream } = opened('chat')
  const comment = Buffer.from(`: ${'x'.repeat(9_998)}\n\n`)
  let pushed = 0
  for (; !stream.forwarded && pushed < 100; pushed++) stream.push(comment, 110)
  expect([pushed, sink.text.length]).toEqual([27, 27 * comment.length])
})

test('an empty answer is sent whole at its end', () => {
  const events = streams.chat.events.filter((one) => !one.includes('Grüße'))
  expect(passed('chat', [...events, 'data: [DONE]\n\n']).sink.text).toBe(events.join(''))
})

test.each<[StreamDialect, string]>([
  ['chat', 'data: [DONE]\n\n'],
  ['messages', 'event: message_stop\ndata: {"type":"message_stop"}\n\n'],
])('a stream of the dialect %s that is complete gets the end that its upstream omits', (dialect, last) => {
  const { sink, stream } = opened(dialect)
  const stopped = event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 4 } })
  const finish = dialect === 'chat' ? (streams.chat.events.at(-1) ?? '') : stopped
  stream.push(Buffer.from([...streams[dialect].events.slice(0, -1), finish].join('')), 110)
  expect(stream.complete).toBe(true)
  stream.stop()
  stream.stop()
  expect(sink.puts.slice(-1)).toEqual([{ last }])
})

test('a message that its upstream closes without message_stop was cut, whatever came before (wire 10)', () => {
  const stopped = event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 4 } })
  expect(passed('messages', [...streams.messages.events.slice(0, -1), stopped]).end).toBe('cut')
})

test('a typed stream is never complete before it ends: images end one by one', () => {
  expect(passed('typed', streams.typed.events).stream.complete).toBe(false)
})

test.each(dialects)('a stream of the dialect %s without an event is no answer', (dialect) => {
  for (const events of [[], [': PROCESSING\n\n']]) expect(passed(dialect, events)).toMatchObject({ end: 'cut' })
})

// Callers of Responses know a failure by `response.failed` alone: ResponseFailedEvent in openai/resources/responses.
const created = { id: 'resp_1', object: 'response', model: 'gpt-4o', status: 'in_progress', output: [] }
const begun = [
  event({ type: 'response.created', sequence_number: 0, response: created }),
  event({ type: 'response.output_text.delta', sequence_number: 7, delta: 'half' }),
]

test('a response stream that fails ends with its failed response, which has the next number', () => {
  const { stream } = passed('responses', [...begun, event({ type: 'error', sequence_number: 8, message: 'No.' })])
  const end = stream.failure('upstream_error', 'No.')
  const response = { ...created, status: 'failed', error: { code: 'upstream_error', message: 'No.' } }
  expect(end).toBe(event({ type: 'response.failed', sequence_number: 8, response }))
})

test('an upstream’s own failed response goes on to the byte', () => {
  const failed = event({ type: 'response.failed', sequence_number: 8, response: { error: { message: 'Grüße' } } })
  const { stream } = passed('responses', [...begun, failed])
  expect([stream.errorMessage, stream.failure('c', 'm')]).toEqual(['Grüße', failed])
})

test('a response stream that nothing announced fails in its dialect all the same', () => {
  const response = { object: 'response', output: [], status: 'failed', error: { code: 'c', message: 'm' } }
  const end = event({ type: 'response.failed', sequence_number: 0, response })
  expect(opened('responses').stream.failure('c', 'm')).toBe(end)
})

test('a stream of another dialect has no words of its own for a failure', () => {
  for (const dialect of dialects) {
    if (dialect !== 'responses') expect(opened(dialect).stream.failure('c', 'm')).toBeUndefined()
  }
  expect(opened('chat').stream.keepAlive).toBe(': keep-alive\n\n')
})
