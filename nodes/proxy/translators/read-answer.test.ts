import { expect, test } from 'vitest'
import { chat, embeddings } from '../operations/operations.ts'
import { upstreamDialects } from '../providers/upstream-dialects.ts'
import type { AnswerFilter } from '../streams/answer-filter.ts'
import { readChatAnswer, readEmbeddings } from './read-answer.ts'

const printed = { dropped: [], toolNames: new Map([['a_b', 'a.b']]) }
const facts = { requestId: 'req_1', nowSeconds: 1, estimatedInput: 5, showUsage: false, asked: {} }
const answer = {
  type: 'message',
  content: [
    { type: 'text', text: 'four' },
    { type: 'tool_use', id: 'c', name: 'a_b', input: {} },
  ],
  stop_reason: 'tool_use',
}

function read(value: unknown, filters: readonly AnswerFilter[] = []) {
  if (chat.inbound === undefined) throw new Error('chat has no dialect')
  const translation = { inbound: chat.inbound, upstream: upstreamDialects.anthropic, printed, facts, filters }
  return readChatAnswer(Buffer.from(JSON.stringify(value)), translation)
}

test('an answer is told with the names that the caller knows, and its text is measured where no usage is reported', () => {
  const told = read(answer)
  expect(told?.body).toContain('"name":"a.b"')
  expect(told).toMatchObject({ usage: undefined, textBytes: expect.any(Number), parts: [{ type: 'text' }, {}] })
  expect(told?.textBytes).toBeGreaterThanOrEqual(4)
  expect(read({ ...answer, usage: { input_tokens: 1, output_tokens: 2 } })).toMatchObject({
    usage: { input: 1 },
    textBytes: 0,
  })
})

test('a filter that lets nothing through leaves no answer, and neither does what is none', () => {
  expect(read(answer, [() => () => {}])).toBeUndefined()
  expect([read({}), read(null), read('x'), read([])]).toEqual([undefined, undefined, undefined, undefined])
})

test('vectors are as many as texts, and consist of numbers', () => {
  const vectors = (values: unknown[]) => {
    const { embeddings: upstream } = upstreamDialects.gemini
    if (upstream === undefined || embeddings.embeddings === undefined) throw new Error('there are no embeddings')
    const asked = { encoding: 'float', inputs: 1, estimatedInput: 1 } as const
    const bytes = Buffer.from(JSON.stringify({ embeddings: values.map((one) => ({ values: one })) }))
    return readEmbeddings(bytes, { inbound: embeddings.embeddings, upstream, asked, printed })
  }
  expect(vectors([[0.5]])?.body).toContain('"embedding":[0.5]')
  expect([vectors([]), vectors([[1], [2]]), vectors([[[1]]])]).toEqual([undefined, undefined, undefined])
})
