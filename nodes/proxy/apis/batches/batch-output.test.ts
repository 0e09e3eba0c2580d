import { describe, expect, test } from 'vitest'
import { LineReader, readOutputLine, usageOfBatch } from './batch-output.ts'

const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }
const line = (response: object | null, more: object = {}) =>
  Buffer.from(JSON.stringify({ id: 'r', custom_id: '1', response, error: null, ...more }))
const answered = (body: object) => line({ status_code: 200, request_id: 'q', body })

describe('a line of an output file', () => {
  test.each<[string, Buffer, object | undefined]>([
    ['a chat', answered({ model: 'gpt-x', usage }), { model: 'gpt-x', usage: { input: 7, output: 3 } }],
    [
      'a response, with its searches',
      answered({
        model: 'gpt-x',
        output: [{ type: 'web_search_call', status: 'completed', action: { type: 'search' } }],
        usage: { input_tokens: 7, output_tokens: 3, total_tokens: 10, input_tokens_details: { cached_tokens: 2 } },
      }),
      { usage: { input: 7, cached: 2, calls: { webSearches: 1 } } },
    ],
    [
      'an embedding',
      answered({ model: 'e', data: [], usage: { prompt_tokens: 7, total_tokens: 7 } }),
      { usage: { input: 7, output: 0 } },
    ],
    ['an answer without usage', answered({ model: 'gpt-x' }), { model: 'gpt-x', usage: undefined }],
    ['an answer that is an error', line({ status_code: 400, body: { error: {} } }), undefined],
    ['a line that failed', line(null, { error: { code: 'batch_expired' } }), undefined],
    ['an empty line', Buffer.from('  '), undefined],
    ['a line that is no JSON', Buffer.from('{"id'), { model: '', usage: undefined }],
    [
      'a line of more than a megabyte',
      answered({ model: 'gpt-x', choices: [{ message: { content: 'x'.repeat(2 << 20) } }], usage }),
      { model: 'gpt-x', usage: { input: 7, output: 3 } },
    ],
  ])('%s', (_, bytes, expected) => {
    if (expected === undefined) expect(readOutputLine(bytes)).toBeUndefined()
    else expect(readOutputLine(bytes)).toMatchObject(expected)
  })
})

test('what a batch tells of all its requests', () => {
  expect(usageOfBatch({ usage: { input_tokens: 7, output_tokens: 3, total_tokens: 10 } })).toMatchObject({
    input: 7,
    output: 3,
  })
  expect(usageOfBatch({ usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 } })).toBeUndefined()
  expect(usageOfBatch({})).toBeUndefined()
})

test('lines come whole, wherever the file is cut', () => {
  const text = 'one\ntwo\n\nthree'
  for (let size = 1; size <= text.length; size++) {
    const lines: string[] = []
    const reader = new LineReader((one) => void lines.push(one.toString()))
    for (let at = 0; at < text.length; at += size) reader.push(Buffer.from(text.slice(at, at + size)))
    reader.end()
    expect(lines).toEqual(['one', 'two', '', 'three'])
  }
})

test('a line that is too long is counted, and the next one is read', () => {
  const lines: string[] = []
  const reader = new LineReader((one) => void lines.push(one.toString()))
  const piece = Buffer.alloc(8 << 20, 'x')
  for (let n = 0; n < 5; n++) reader.push(piece)
  reader.push(Buffer.from('\nnext\n'))
  reader.end()
  expect([lines, reader.tooLong]).toEqual([['next'], 1])
})
