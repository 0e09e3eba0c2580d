// Answers of Cohere, whole and streamed.
import { expect, test } from 'vitest'
import { assemble } from '../../../../shared/chat/assemble.ts'
import { costOf, priceOfRates } from '../../../../shared/models/price.ts'
import { printedNothing } from '../test-dialects.ts'
import { cohereUpstream } from './cohere.ts'
import { streamed } from './test-cohere.ts'

const usage = {
  billed_units: { input_tokens: 39, output_tokens: 27 },
  tokens: { input_tokens: 1683, output_tokens: 62 },
  cached_tokens: 992,
}

test('what the model read is told, and what Cohere charges is what it costs (wire 99)', () => {
  const message = { content: [{ type: 'text', text: 'Hi' }] }
  const answer = cohereUpstream.parseAnswer({ message, finish_reason: 'COMPLETE', usage }, printedNothing)
  expect(answer?.usage).toMatchObject({ input: 1683, output: 62, cached: 992 })
  const price = priceOfRates({ input: 2.5, output: 10 }, { type: 'configured' })
  expect(costOf(price, answer!.usage!)).toBe(39 * 2_500 + 27 * 10_000)
})

const cited = { start: 4, end: 6, text: 'no', sources: [{ id: 'd1', document: { title: 'T', text: 'body' } }] }

test('citations stay with their text, whole and streamed, and count UTF-16 units', () => {
  const text = '💧 a no'
  const whole = { content: [{ type: 'text', text }], citations: [cited] }
  const answer = cohereUpstream.parseAnswer({ id: 'a', message: whole, finish_reason: 'COMPLETE' }, printedNothing)
  const expected = { start: 5, end: 7, title: 'T', citedText: 'body', raw: { dialect: 'cohere', value: cited } }
  expect(answer?.choices[0]?.parts).toMatchObject([{ type: 'text', text, citations: [expected] }])
  const events = streamed(
    { type: 'message-start', id: 'a' },
    { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
    { type: 'content-delta', index: 0, delta: { message: { content: { text } } } },
    { type: 'citation-start', index: 0, delta: { message: { citations: cited } } },
    { type: 'content-end', index: 0 },
    { type: 'message-end', delta: { finish_reason: 'COMPLETE' } },
  )
  expect(assemble(events)).toMatchObject({ ok: true, value: answer })
})

test('calls side by side keep their ids and their pieces apart (wire 21)', () => {
  const start = (index: number, id: string) => ({
    type: 'tool-call-start',
    index,
    delta: { message: { tool_calls: { id, type: 'function', function: { name: 'f', arguments: '' } } } },
  })
  const delta = (index: number, text: string) => ({
    type: 'tool-call-delta',
    index,
    delta: { message: { tool_calls: { function: { arguments: text } } } },
  })
  const events = streamed(
    ...[{ type: 'message-start', id: 'a' }, start(0, 'x'), delta(0, '{"a"'), start(1, 'y'), delta(0, ':1}')],
    ...[delta(1, 'nu'), delta(1, 'll'), { type: 'tool-call-end', index: 0 }, { type: 'tool-call-end', index: 1 }],
    { type: 'message-end', delta: { finish_reason: 'TOOL_CALL', usage } },
  )
  const answer = assemble(events)
  expect(answer).toMatchObject({
    value: {
      choices: [
        {
          parts: [
            { type: 'tool-call', id: 'x', input: '{"a":1}' },
            { type: 'tool-call', id: 'y', input: '{}' },
          ],
          finish: { reason: 'tool-calls', raw: 'TOOL_CALL' },
        },
      ],
    },
  })
})

test.each([
  ['COMPLETE', 'stop'],
  ['STOP_SEQUENCE', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['ERROR_LIMIT', 'context-length'],
  ['ERROR_TOXIC', 'content-filter'],
  ['SOMETHING_NEW', 'stop'],
])('%s is %s', (raw, reason) => {
  const message = { content: [{ type: 'text', text: 'Hi' }] }
  const answer = cohereUpstream.parseAnswer({ message, finish_reason: raw }, printedNothing)
  expect(answer?.choices[0]?.finish).toEqual({ reason, raw })
})

test.each([
  ['ERROR', 'server'],
  ['TIMEOUT', 'timeout'],
])('%s is no answer', (raw, kind) => {
  expect(cohereUpstream.parseAnswer({ message: { content: [] }, finish_reason: raw }, printedNothing)).toBeUndefined()
  const events = streamed(
    { type: 'message-start', id: 'a' },
    { type: 'message-end', delta: { finish_reason: raw, error: 'it broke' } },
  )
  expect(events.at(-1)).toMatchObject({ type: 'error', error: { kind, message: 'it broke', code: raw } })
})

test.each([
  [400, '{"id":"i","message":"too many tokens: size limit exceeded by 11 tokens"}', 'context-length'],
  [422, '{"message":"message must be at least 1 token long"}', 'invalid-request'],
  [401, '{"message":"invalid api token"}', 'authentication'],
  [402, '{"message":"please add a payment method"}', 'quota'],
  [404, '{"message":"model not found"}', 'not-found'],
  [429, '{"message":"You are past the per minute request limit"}', 'rate-limit'],
  [498, '{"message":"blocked token"}', 'authentication'],
  [499, '{"message":"request cancelled"}', 'timeout'],
  [503, '<html>', 'overloaded'],
])('an error %i with %s is of the kind %s', (status, body, kind) => {
  expect(cohereUpstream.parseError(status, Buffer.from(body)).kind).toBe(kind)
})
