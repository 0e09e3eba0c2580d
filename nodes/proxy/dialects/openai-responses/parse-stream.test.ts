// How the stream of an upstream that speaks the Responses API is read, beside what its recordings show.
import { describe, expect, test } from 'vitest'
import type { ChatAnswer } from '../../../../shared/chat/answer.ts'
import { assemble, type Unfinished } from '../../../../shared/chat/assemble.ts'
import type { ChatEvent } from '../../../../shared/chat/events.ts'
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import type { Result } from '../../../../shared/result.ts'
import { printedNothing } from '../test-dialects.ts'
import { openAiResponsesUpstream } from './openai-responses.ts'

function eventsOf(values: readonly object[], printed = printedNothing): ChatEvent[] {
  const parser = openAiResponsesUpstream.openParser(printed)
  const events: ChatEvent[] = []
  const emit = (event: ChatEvent) => void events.push(event)
  parser.push(Buffer.from(values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join('')), emit)
  parser.end(emit)
  return events
}

function streamed(...values: readonly object[]): Result<ChatAnswer, Unfinished> {
  return assemble(eventsOf([created, ...values]))
}

function whole(output: readonly JsonObject[], more: JsonObject = {}): ChatAnswer | undefined {
  return openAiResponsesUpstream.parseAnswer({ ...response, output, ...more }, printedNothing)
}

const response = { id: 'resp_1', model: 'm', created_at: 1, status: 'completed' }
const created = { type: 'response.created', response: { ...response, status: 'in_progress', service_tier: 'auto' } }
const usage = {
  input_tokens: 9,
  output_tokens: 5,
  total_tokens: 14,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens_details: { reasoning_tokens: 3 },
}
const text = (said: string, more: JsonObject = {}) => ({ type: 'output_text', text: said, annotations: [], ...more })
const message = (...content: JsonObject[]) => ({ id: 'msg_1', type: 'message', role: 'assistant', content })
const call = { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{"a":1}' }
const cited = { type: 'url_citation', url: 'https://a.example', title: 'A', start_index: 0, end_index: 2 }
const thought = {
  id: 'rs_1',
  type: 'reasoning',
  summary: [
    { type: 'summary_text', text: 'One.' },
    { type: 'summary_text', text: 'Two.' },
  ],
  encrypted_content: 'gAAA',
}
const added = (output_index: number, item: object) => ({ type: 'response.output_item.added', output_index, item })
const done = (output_index: number, item: object) => ({ type: 'response.output_item.done', output_index, item })
const completed = (output: readonly object[], more: object = {}) => ({
  type: 'response.completed',
  response: { ...response, output, usage, ...more },
})

describe('a stream that leaves out what it can', () => {
  const items = [thought, message(text('Hi', { annotations: [cited] })), call]

  test.each([
    ['tells all items at its end', [completed(items)]],
    ['tells each item once, when it is whole', [...items.map((item, i) => done(i, item)), completed(items)]],
    ['announces and ends items', [...items.flatMap((item, i) => [added(i, item), done(i, item)]), completed(items)]],
    [
      'gives every item the same place',
      [...items.flatMap((item) => [added(0, item), done(0, item)]), completed(items)],
    ],
    ['has no output at its end', [...items.flatMap((item, i) => [added(i, item), done(i, item)]), completed([])]],
  ])('and %s is the whole answer', (_how, values) => {
    const answer = streamed(...values)
    expect(answer).toEqual({ ok: true, value: whole(items, { usage }) })
    expect(answer.ok && answer.value.choices[0]).toMatchObject({
      finish: { reason: 'tool-calls' },
      parts: [
        { type: 'reasoning', id: 'rs_1', text: 'One.\n\nTwo.', encrypted: { family: 'openai', data: 'gAAA' } },
        { type: 'text', text: 'Hi', citations: [{ url: 'https://a.example', start: 0, end: 2 }] },
        { type: 'tool-call', id: 'call_1', name: 'f', input: '{"a":1}' },
      ],
    })
  })
})

test('deltas of items that were not announced are told', () => {
  const answer = streamed(
    { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 0, delta: 'Hm.' },
    { type: 'response.output_text.delta', output_index: 1, content_index: 0, delta: 'Hi' },
    completed([]),
  )
  expect(answer.ok && answer.value.choices[0]?.parts).toMatchObject([{ text: 'Hm.' }, { text: 'Hi' }])
})

test('counts are those of the last event, cached and reasoning tokens within', () => {
  const answer = streamed(completed([message(text('Hi'))], { service_tier: 'flex' }))
  expect(answer.ok && answer.value.usage).toMatchObject({ input: 9, cached: 4, output: 5, reasoning: 3 })
  expect(whole([message(text('Hi'))], { usage, service_tier: 'flex' })).toMatchObject({
    serviceTier: 'flex',
    usage: { input: 9, cached: 4, output: 5, reasoning: 3 },
  })
})

test('summaries come in paragraphs, and what was told is not told again', () => {
  const delta = (summary_index: number, said: string) => ({
    type: 'response.reasoning_summary_text.delta',
    output_index: 0,
    summary_index,
    delta: said,
  })
  const answer = streamed(
    added(0, { ...thought, summary: [], encrypted_content: 'early' }),
    ...[delta(0, 'One'), delta(0, '.'), delta(1, 'Two.'), done(0, thought), completed([thought])],
  )
  expect(answer.ok && answer.value.choices[0]?.parts).toMatchObject([
    { text: 'One.\n\nTwo.', encrypted: { data: 'gAAA' } },
  ])
})

test('log probabilities come with the deltas or at the end, once', () => {
  const token = (word: string) => ({ token: word, logprob: -1, bytes: null, top_logprobs: [] })
  const logprobs = [token('H'), token('i')]
  const at = { output_index: 0, content_index: 0 }
  const delta = (word: string) => ({ type: 'response.output_text.delta', ...at, delta: word, logprobs: [token(word)] })
  const item = message(text('Hi', { logprobs }))
  const expected = whole([item])?.choices[0]?.logprobs
  expect(expected).toHaveLength(2)
  for (const values of [[delta('H'), delta('i')], [delta('H')], []]) {
    const answer = streamed(added(0, message()), ...values, done(0, item), completed([item]))
    expect(answer.ok && answer.value.choices[0]?.logprobs).toEqual(expected)
  }
})

test.each([
  ['function_call', { arguments: '' }, '{}', 'function'],
  ['function_call', { arguments: '{"a":' }, '{"a":', 'function'],
  ['custom_tool_call', { input: 'ls -l' }, 'ls -l', 'custom'],
  ['custom_tool_call', { input: '' }, '', 'custom'],
] as const)('the input of a %s, %j, is %s', (type, input, said, form) => {
  const item = { type, id: 'x', call_id: 'call_1', name: 'f', ...input }
  for (const answer of [
    streamed(added(0, item), done(0, item), completed([item])),
    streamed(added(0, item), completed([])),
  ]) {
    const part = answer.ok ? answer.value.choices[0]?.parts[0] : undefined
    expect(part).toMatchObject({ id: 'call_1', name: 'f', form })
  }
  expect(whole([item])?.choices[0]?.parts).toMatchObject([{ id: 'call_1', name: 'f', form, input: said }])
  const answer = streamed(added(0, item), done(0, item), completed([item]))
  expect(answer.ok && answer.value.choices[0]?.parts).toMatchObject([{ input: said }])
})

test('empty members are none', () => {
  const empty = { status: '', error: null, incomplete_details: null, service_tier: '', usage: null }
  const item = message(text('Hi', { annotations: null, logprobs: null }))
  const answer = whole([{ ...call, name: '' }, { ...thought, encrypted_content: '' }, item], empty)
  expect(answer).toMatchObject({ serviceTier: undefined, usage: undefined, choices: [{ finish: { reason: 'stop' } }] })
  expect(answer?.choices[0]?.parts).toEqual([
    { type: 'reasoning', id: 'rs_1', text: 'One.\n\nTwo.' },
    { type: 'text', text: 'Hi' },
  ])
})

test('callers get their own names of tools back', () => {
  const printed = { ...printedNothing, toolNames: new Map([['f', 'srv.f']]) }
  const answer = assemble(eventsOf([created, added(0, call), done(0, call), completed([call])], printed))
  expect(answer.ok && answer.value.choices[0]?.parts).toMatchObject([{ name: 'srv.f' }])
  const told = openAiResponsesUpstream.parseAnswer({ ...response, output: [call] }, printed)
  expect(told?.choices[0]?.parts).toMatchObject([{ name: 'srv.f' }])
})

test.each([
  ['max_output_tokens', 'length'],
  ['content_filter', 'content-filter'],
  [undefined, 'length'],
])('an answer that is incomplete by %s ends by %s', (reason, finish) => {
  const more = { status: 'incomplete', incomplete_details: reason === undefined ? null : { reason } }
  const item = message(text('Hal'))
  const answer = streamed(done(0, item), {
    type: 'response.incomplete',
    response: { ...response, ...more, output: [item] },
  })
  expect(answer.ok && answer.value.choices[0]?.finish.reason).toBe(finish)
  expect(whole([item], more)?.choices[0]?.finish.reason).toBe(finish)
})

test('a picture is media, and what the provider’s own tools did is kept as it is', () => {
  const picture = { id: 'ig_1', type: 'image_generation_call', result: 'AAAA', output_format: 'webp' }
  const search = { id: 'ws_1', type: 'web_search_call', status: 'completed', action: { query: 'x' } }
  const parts = [
    { type: 'image', media: { from: 'bytes', base64: 'AAAA', mediaType: 'image/webp' } },
    { type: 'opaque', dialect: 'openai-responses', value: search },
  ]
  expect(whole([picture, search])?.choices[0]?.parts).toMatchObject(parts)
  const answer = streamed(done(0, picture), done(1, search), completed([picture, search]))
  expect(answer.ok && answer.value.choices[0]?.parts).toMatchObject(parts)
})

describe('no answer', () => {
  const error = { code: 'rate_limit_exceeded', message: 'Slowly.' }

  test.each<[string, object, string, string]>([
    [
      'response.failed',
      { type: 'response.failed', response: { ...response, status: 'failed', error } },
      'rate-limit',
      'Slowly.',
    ],
    ['an error event', { type: 'error', ...error, param: null }, 'rate-limit', 'Slowly.'],
    ['an error event with an error in it', { type: 'error', error: { type: 'x', ...error } }, 'rate-limit', 'Slowly.'],
    ['an error event without a code', { type: 'error', code: null, message: 'No.' }, 'server', 'No.'],
    ['an error without a type', { error }, 'rate-limit', 'Slowly.'],
    [
      'a prompt that OpenAI refuses',
      { type: 'response.failed', response: { error: { code: 'invalid_prompt', message: 'No.' } } },
      'content-policy',
      'No.',
    ],
    [
      'a picture that nobody can read',
      { type: 'response.failed', response: { error: { code: 'image_parse_error', message: 'No.' } } },
      'invalid-request',
      'No.',
    ],
  ])('%s is an error of its kind', (_what, event, kind, said) => {
    const answer = streamed(event)
    expect(answer).toMatchObject({ ok: false, error: { type: 'error', error: { kind, message: said } } })
  })

  test.each([
    ['nothing but its announcement', []],
    ['no end', [added(0, message()), done(0, message(text('Hi')))]],
  ])('a stream with %s is cut', (_what, values) => {
    expect(streamed(...values)).toEqual({ ok: false, error: { type: 'cut' } })
  })

  test.each([
    ['a failure', { status: 'failed', error, output: [] }],
    ['a response that goes on in the background', { status: 'queued', output: [] }],
    ['a response that was cancelled', { status: 'cancelled', output: [] }],
    ['a body without output', { output: null }],
    ['a chat completion', { output: undefined, choices: [] }],
  ])('%s', (_what, more) => {
    expect(whole([], more)).toBeUndefined()
  })
})
