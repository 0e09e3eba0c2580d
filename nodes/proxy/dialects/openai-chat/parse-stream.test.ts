// Streams of hosts that follow OpenAI, with the peculiarities of each.
import { describe, expect, test } from 'vitest'
import type { ChatAnswer } from '../../../../shared/chat/answer.ts'
import { assemble } from '../../../../shared/chat/assemble.ts'
import type { ChatEvent } from '../../../../shared/chat/events.ts'
import { printedNothing } from '../test-dialects.ts'
import { openAiChatUpstream } from './openai-chat.ts'

function eventsOf(...chunks: (object | string)[]): ChatEvent[] {
  const parser = openAiChatUpstream.openParser(printedNothing)
  const events: ChatEvent[] = []
  const emit = (event: ChatEvent) => void events.push(event)
  for (const chunk of chunks) {
    const data = typeof chunk === 'string' ? chunk : JSON.stringify(chunk)
    expect(parser.push(Buffer.from(`data: ${data}\n\n`), emit)).toBe('ok')
  }
  parser.end(emit)
  return events
}

function answerOf(...chunks: (object | string)[]): ChatAnswer {
  const answer = assemble(eventsOf(...chunks))
  if (!answer.ok) throw new Error(JSON.stringify(answer.error))
  return answer.value
}

const envelope = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }
const chunk = (delta: object, finish: string | null = null, index = 0) => ({
  ...envelope,
  choices: [{ index, delta, finish_reason: finish }],
})
const stop = chunk({}, 'stop')
const usage = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 }
const partsOf = (answer: ChatAnswer, choice = 0) => answer.choices[choice]?.parts

describe('usage is found wherever it comes (wire 19)', () => {
  test.each([
    ['in a chunk of its own', [chunk({ content: 'Hi' }), stop, { ...envelope, choices: [], usage }]],
    ['on the last choice', [chunk({ content: 'Hi' }), { ...stop, usage }]],
    ['beside an empty delta', [chunk({ content: 'Hi' }), stop, { ...envelope, choices: [{ delta: {} }], usage }]],
    ['without choices', [chunk({ content: 'Hi' }), stop, { ...envelope, usage }]],
    ['beside choices that are null (wire 20)', [chunk({ content: 'Hi' }), stop, { ...envelope, choices: null, usage }]],
  ])('%s', (_where, chunks) => {
    const answer = answerOf(...chunks, '[DONE]')
    expect(answer.usage).toMatchObject({ input: 5, output: 3 })
    expect(answer.choices).toHaveLength(1)
  })

  test('thoughts that are counted beside the output are a part of it here', () => {
    const apart = {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 35,
      completion_tokens_details: { reasoning_tokens: 20 },
    }
    expect(answerOf(chunk({ content: 'x' }), { ...stop, usage: apart }).usage).toMatchObject({
      output: 25,
      reasoning: 20,
    })
  })
})

describe('calls of tools', () => {
  const piece = (index: number | undefined, more: object) => chunk({ tool_calls: [{ index, ...more }] })
  const start = (id: string, name: string) => ({ id, type: 'function', function: { name, arguments: '' } })
  const input = (text: string) => ({ function: { arguments: text } })

  test('side by side are told apart by their index (wire 21)', () => {
    const answer = answerOf(
      piece(0, start('a', 'f')),
      piece(1, start('b', 'g')),
      piece(0, input('{"x":')),
      piece(1, input('{}')),
      piece(0, input('1}')),
      chunk({}, 'tool_calls'),
    )
    expect(partsOf(answer)).toMatchObject([
      { id: 'a', name: 'f', input: '{"x":1}' },
      { id: 'b', name: 'g', input: '{}' },
    ])
  })

  test('without an index, or all with the same one, are told apart by their id (wire 23)', () => {
    for (const index of [undefined, 0]) {
      const whole = (id: string) => piece(index, { ...start(id, 'f'), function: { name: 'f', arguments: '{}' } })
      expect(partsOf(answerOf(whole('a'), whole('b'), stop))).toMatchObject([{ id: 'a' }, { id: 'b' }])
    }
  })

  test('without arguments have an empty object (wire 22)', () => {
    expect(partsOf(answerOf(piece(0, start('a', 'f')), stop))).toMatchObject([{ input: '{}' }])
  })

  test('end a turn that the host calls a stop, and not one that was cut off (wire 26)', () => {
    const finish = (reason: string) => answerOf(piece(0, start('a', 'f')), chunk({}, reason)).choices[0]!.finish.reason
    expect(['stop', 'length', 'content_filter'].map(finish)).toEqual(['tool-calls', 'length', 'content-filter'])
  })

  test('that are cut off stay as they are (wire 86)', () => {
    const answer = answerOf(piece(0, start('a', 'f')), piece(0, input('{"x":"on')), chunk({}, 'length'))
    expect(partsOf(answer)).toMatchObject([{ input: '{"x":"on' }])
  })
})

test('several answers may come in turns (wire 24)', () => {
  const answer = answerOf(
    ...[
      chunk({ content: 'a' }),
      chunk({ content: 'b' }, null, 1),
      chunk({ content: 'A' }),
      chunk({ content: 'B' }, null, 1),
    ],
    ...[stop, chunk({}, 'length', 1)],
  )
  expect(answer.choices.map(({ parts, finish }) => [parts, finish.reason])).toMatchObject([
    [[{ text: 'aA' }], 'stop'],
    [[{ text: 'bB' }], 'length'],
  ])
})

test("Azure's preamble says nothing of the answer (wire 28, 103)", () => {
  const preamble = {
    choices: [],
    created: 0,
    id: '',
    model: '',
    object: '',
    prompt_filter_results: [{ prompt_index: 0 }],
  }
  const events = eventsOf(preamble, chunk({ content: 'Hi' }), stop)
  expect(events[0]).toMatchObject({ type: 'start', id: 'c', model: 'm' })
})

test.each([
  ['reasoning_content', [{ reasoning_content: 'Hm.' }]],
  ['reasoning', [{ reasoning: 'Hm.' }]],
  ['parts of the content', [{ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] }] }]],
  [
    'details, beside the same text',
    [{ reasoning: 'Hm.', reasoning_details: [{ type: 'reasoning.text', text: 'Hm.', index: 0 }] }],
  ],
])('thoughts are found as %s (wire 30)', (_name, deltas) => {
  const answer = answerOf(...deltas.map((delta) => chunk(delta)), chunk({ content: 'So.' }), stop)
  expect(partsOf(answer)).toMatchObject([
    { type: 'reasoning', text: 'Hm.' },
    { type: 'text', text: 'So.' },
  ])
})

test('an answer is whole without [DONE] once it has a reason, and not before (wire 3, 10)', () => {
  expect(eventsOf(chunk({ content: 'Hi' }), stop).at(-1)).toEqual({ type: 'end' })
  expect(eventsOf(chunk({ content: 'Hi' })).at(-1)).toEqual({ type: 'upstream-cut' })
  expect(eventsOf('[DONE]').at(-1)).toEqual({ type: 'upstream-cut' })
})

test('an error in the stream ends it (wire 31)', () => {
  const events = eventsOf(chunk({ content: 'Hi' }), { error: { message: 'no', code: 'rate_limit_exceeded' } }, stop)
  expect(events.at(-1)).toMatchObject({ type: 'error', error: { kind: 'rate-limit', message: 'no' } })
})

test.each([-1, 0.5, 1e9, '0'])('an index of %j is no answer to keep room for (wire 90)', (index) => {
  const wild = { ...envelope, choices: [{ index, delta: { content: 'x' }, finish_reason: null }] }
  expect(
    eventsOf(wild, chunk({ content: 'Hi' }), stop).filter(({ type }) => type === 'text-start').length,
  ).toBeLessThanOrEqual(1)
})

describe('calls of hosts that repeat an index', () => {
  const call = (id: unknown, name: unknown, args: unknown) => ({
    index: 0,
    id,
    type: 'function',
    function: { name, arguments: args },
  })
  const answered = (...calls: object[]) => {
    const answer = answerOf(...calls.map((one) => chunk({ tool_calls: [one] })), chunk({}, 'tool_calls'), '[DONE]')
    return partsOf(answer)?.map((part) => part.type === 'tool-call' && [part.name, part.input])
  }

  // Gemini's OpenAI endpoint and older servers give each whole call the index 0, some without an id.
  test.each([
    ['with ids of their own', call('a', 'one', '{"x":1}'), call('b', 'two', '{"x":2}')],
    ['with empty ids', call('', 'one', '{"x":1}'), call('', 'two', '{"x":2}')],
    ['without ids', call(null, 'one', '{"x":1}'), call(undefined, 'two', '{"x":2}')],
    ['with inputs that are objects', call('', 'one', { x: 1 }), call('', 'two', { x: 2 })],
  ])('two whole calls are two: %s', (_, first, second) => {
    expect(answered(first, second)).toEqual([
      ['one', '{"x":1}'],
      ['two', '{"x":2}'],
    ])
  })

  test.each([
    ['whose name is repeated', call('a', 'one', '{"x"'), call('a', 'one', ':1}')],
    ['whose name is repeated without an id', call('a', 'one', '{"x"'), call('', 'one', ':1}')],
    ['whose name is empty in later pieces', call('a', 'one', '{"x"'), call('b', '', ':1}')],
    ['that begins with an empty input', call('a', 'one', ''), call('', 'one', '{"x":1}')],
  ])('the pieces of one call are one call: %s', (_, first, second) => {
    expect(answered(first, second)).toEqual([['one', '{"x":1}']])
  })
})
