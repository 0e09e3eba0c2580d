// The end of a stream that is ended early, for what may be open in it.
import { describe, expect, test } from 'vitest'
import { usageOf } from '../../../../shared/chat/usage.ts'
import { AnthropicStreamTail } from './anthropic.ts'
import { GeminiStreamTail } from './gemini.ts'
import { ChatStreamTail } from './openai-chat.ts'
import { ResponsesStreamTail } from './openai-responses.ts'
import type { StreamTail } from './stream-tail.ts'

const usage = usageOf({ input: 7, output: 70 })

function textOf(event: object): string {
  return Buffer.from(`data: ${JSON.stringify(event)}\n\n`).toString('latin1')
}

/** The events that end a stream of these events; undefined where nothing does. */
// biome-ignore lint/suspicious/noExplicitAny: tests read into events whose shape they assert
function ended(tail: StreamTail, ...events: object[]): any[] | undefined {
  for (const event of events) tail.see(textOf(event))
  const lines = tail.end(usage)?.split(/\r?\n/)
  const data = lines?.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6))
  return data?.map((one) => (one === '[DONE]' ? one : JSON.parse(one)))
}

test.each([
  ['chat', new ChatStreamTail(true)],
  ['responses', new ResponsesStreamTail()],
  ['messages', new AnthropicStreamTail()],
  ['gemini', new GeminiStreamTail()],
])('a stream of %s that has not begun has no end', (_, tail) => {
  expect(ended(tail)).toBeUndefined()
  expect(ended(tail, { type: 'ping' })).toBeUndefined()
  tail.see(': a comment\n\n')
  tail.see('data: no JSON\n\n')
  expect(tail.end(usage)).toBeUndefined()
})

describe('chat', () => {
  const chunk = (choice: object, more: object = {}) => ({
    id: 'c1',
    object: 'chat.completion.chunk',
    created: 1,
    ...more,
    choices: [choice],
  })
  const delta = (content: string, index = 0) => ({ index, delta: { content }, finish_reason: null })

  test('what every chunk repeats is repeated, and what one alone has is not', () => {
    const more = { model: 'm', service_tier: 'flex', system_fingerprint: 'fp', obfuscation: 'xyz' }
    const { choices: _, ...facts } = chunk({}, { model: 'm', service_tier: 'flex', system_fingerprint: 'fp' })
    expect(ended(new ChatStreamTail(false), chunk(delta('a'), more))).toEqual([
      { ...facts, choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'length' }] },
      '[DONE]',
    ])
  })

  test('a choice that begins late, after many chunks of another, ends too', () => {
    const many = Array.from({ length: 50 }, (_, at) => chunk(delta(`word ${at}`)))
    const data = ended(new ChatStreamTail(false), ...many, chunk(delta('late', 1)), chunk(delta('more', 1)))
    expect(data?.map((one) => one.choices?.[0].index)).toEqual([0, 1, undefined])
  })

  test('hosts that leave out the finish reason, the index, or change the time with every chunk', () => {
    const odd = [
      chunk({ delta: { content: 'a' } }),
      chunk({ delta: { content: 'b' } }, { created: 2 }),
      chunk({ index: 0, delta: { content: 'the "finish_reason" is' } }),
    ]
    expect(ended(new ChatStreamTail(false), ...odd)?.[0].choices).toMatchObject([{ index: 0, finish_reason: 'length' }])
  })

  test('a choice that has its finish reason needs no other', () => {
    const data = ended(
      new ChatStreamTail(true),
      chunk(delta('a')),
      chunk({ index: 0, delta: {}, finish_reason: 'stop' }),
    )
    expect(data).toMatchObject([{ choices: [], usage: { prompt_tokens: 7, completion_tokens: 70 } }, '[DONE]'])
  })
})

describe('messages', () => {
  const start = { type: 'message_start', message: {} }
  const stop = {
    type: 'message_delta',
    delta: { stop_reason: 'max_tokens', stop_sequence: null },
    usage: { output_tokens: 70 },
  }

  test.each(['text', 'thinking', 'tool_use'])('an open block of %s ends', (type) => {
    const block = { type: 'content_block_start', index: 3, content_block: { type } }
    const piece = { type: 'content_block_delta', index: 3, delta: { type: 'text_delta', text: '"content_block_stop"' } }
    expect(ended(new AnthropicStreamTail(), start, block, piece)).toEqual([
      { type: 'content_block_stop', index: 3 },
      stop,
      { type: 'message_stop' },
    ])
  })

  test('between two blocks nothing has to end', () => {
    const block = { type: 'content_block_start', index: 0, content_block: { type: 'text' } }
    const over = { type: 'content_block_stop', index: 0 }
    expect(ended(new AnthropicStreamTail(), start, block, over)).toEqual([stop, { type: 'message_stop' }])
  })

  test('a message that has its stop reason only ends', () => {
    const own = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } }
    expect(ended(new AnthropicStreamTail(), start, own)).toEqual([{ type: 'message_stop' }])
  })
})

test('gemini: each candidate that has not ended ends', () => {
  const candidate = (index: number, more: object = {}) => ({ index, content: { parts: [{ text: 'é' }] }, ...more })
  const chunk = (...candidates: object[]) => ({ candidates, modelVersion: 'g', responseId: 'r1' })
  const [last] =
    ended(
      new GeminiStreamTail(),
      chunk(candidate(0), candidate(1)),
      chunk(candidate(1, { finishReason: 'STOP' }), candidate(2, { finishReason: 'FINISH_REASON_UNSPECIFIED' })),
    ) ?? []
  expect(last).toMatchObject({ modelVersion: 'g', responseId: 'r1', usageMetadata: { candidatesTokenCount: 70 } })
  // biome-ignore lint/suspicious/noExplicitAny: the shape is asserted
  expect(last.candidates.map((one: any) => [one.index, one.finishReason])).toEqual([
    [0, 'MAX_TOKENS'],
    [2, 'MAX_TOKENS'],
  ])
})

describe('responses', () => {
  const created = {
    type: 'response.created',
    sequence_number: 0,
    response: { id: 'r1', status: 'in_progress', output: [], model: 'm' },
  }
  let sequence = 1
  const event = (type: string, members: object, index = 0) => ({
    type: `response.${type}`,
    sequence_number: sequence++,
    output_index: index,
    ...members,
  })
  const added = (item: object, index = 0) =>
    event('output_item.added', { item: { status: 'in_progress', ...item } }, index)

  const end = (...events: object[]) => {
    const data = ended(new ResponsesStreamTail(), created, ...events) ?? []
    return { types: data.map(({ type }) => type.replace('response.', '')), data, response: data.at(-1).response }
  }

  test('a call that is open ends with the arguments that have come', () => {
    const { types, response } = end(
      added({ type: 'function_call', id: 'fc1', call_id: 'c1', name: 'f', arguments: '' }),
      event('function_call_arguments.delta', { item_id: 'fc1', delta: '{"city":"Bé' }),
    )
    expect(types).toEqual(['function_call_arguments.done', 'output_item.done', 'incomplete'])
    expect(response.output).toMatchObject([{ id: 'fc1', arguments: '{"city":"Bé', status: 'incomplete' }])
  })

  test('reasoning that is open ends with its summary', () => {
    const { types, response } = end(
      added({ type: 'reasoning', id: 'rs1', summary: [] }),
      event('reasoning_summary_part.added', {
        item_id: 'rs1',
        summary_index: 0,
        part: { type: 'summary_text', text: '' },
      }),
      event('reasoning_summary_text.delta', { item_id: 'rs1', summary_index: 0, delta: 'One ' }),
      event('reasoning_summary_text.delta', { item_id: 'rs1', summary_index: 0, delta: 'two' }),
    )
    expect(types).toEqual([
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      'incomplete',
    ])
    expect(response.output).toMatchObject([{ summary: [{ type: 'summary_text', text: 'One two' }] }])
  })

  test('items that have ended stay as they are, in the order of the output', () => {
    const whole = { type: 'reasoning', id: 'rs1', summary: [], encrypted_content: 'x' }
    const part = { type: 'output_text', text: '', annotations: [], logprobs: [] }
    const cited = { type: 'url_citation', url: 'https://example.com' }
    const { types, response } = end(
      added(whole),
      event('output_item.done', { item: whole }),
      added({ type: 'message', id: 'm1', role: 'assistant', content: [] }, 1),
      event('content_part.added', { content_index: 0, part }, 1),
      event('output_text.delta', { content_index: 0, delta: 'first' }, 1),
      event('output_text.annotation.added', { content_index: 0, annotation: cited }, 1),
      event('content_part.done', { content_index: 0, part: { ...part, text: 'first', annotations: [cited] } }, 1),
      event('content_part.added', { content_index: 1, part }, 1),
      event('output_text.delta', { content_index: 1, delta: 'second' }, 1),
    )
    expect(types).toEqual(['output_text.done', 'content_part.done', 'output_item.done', 'incomplete'])
    expect(response.output).toMatchObject([
      whole,
      { id: 'm1', content: [{ text: 'first', annotations: [cited] }, { text: 'second' }], status: 'incomplete' },
    ])
    expect(response.output[0]).toEqual(whole)
  })

  test('events are numbered from the last one on', () => {
    const { data } = end(added({ type: 'web_search_call', id: 'w1' }))
    const numbers = data.map(({ sequence_number: number }) => number)
    expect(numbers).toEqual([sequence, sequence + 1])
  })
})
