import { expect, test } from 'vitest'
import { ByteStream } from '../streams/byte-stream.ts'
import { type ObjectCall, ObjectTranslator } from './object-translator.ts'

const call: ObjectCall = {
  method: 'GET',
  path: '/v1/files?limit=10',
  headerLines: 'traceparent: t1\r\n',
  body: [],
  contentType: '',
  tell: (bytes) => bytes.toString().toUpperCase(),
}
const sink = { onFirstByte: () => {}, onBytes: () => {}, onDone: () => {}, onErrorEvent: () => {} }

test('a call is sent as it was made', () => {
  const { tell: _tell, ...sent } = call
  expect(new ObjectTranslator(call)).toMatchObject({ ...sent, estimatedInput: 0, dropped: '' })
})

test('an answer is what the call makes of it, with the units that were charged and no tokens', () => {
  const units = { unit: 'bytes', amount: 9 } as const
  const translator = new ObjectTranslator({ ...call, units })
  expect(translator.readAnswer(Buffer.from('ok'), 'application/json')).toEqual({
    body: 'OK',
    contentType: 'application/json',
    textBytes: 0,
    usage: undefined,
    units,
  })
})

test('what the call cannot read is no answer', () => {
  const translator = new ObjectTranslator({ ...call, tell: () => undefined })
  expect(translator.readAnswer(Buffer.from('oops'), 'text/plain')).toBeUndefined()
})

test('an answer that is nested too deeply to be printed is none', () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  const translator = new ObjectTranslator({ ...call, tell: (bytes) => JSON.stringify(JSON.parse(bytes.toString())) })
  expect(translator.readAnswer(Buffer.from(deep), 'application/json')).toBeUndefined()
})

test('content is relayed as bytes of its own type, events too', () => {
  const translator = new ObjectTranslator(call)
  const options = { showUsage: false, nowMs: 0, sink }
  const [stream, bytes] = [translator.openStream(options), translator.openBytes('audio/mpeg', options)]
  expect([stream, bytes].map((one) => one instanceof ByteStream)).toEqual([true, true])
  expect([stream.contentType, bytes.contentType]).toEqual(['text/event-stream', 'audio/mpeg'])
})

test('a rejection is forwarded', () => {
  const body = Buffer.from('{"error":{"message":"No such file."}}')
  const answer = { status: 404, contentType: 'application/json', retryAfterMs: undefined, body }
  const translator = new ObjectTranslator(call)
  expect(translator.failureOf(answer).error.type).toBe('upstream-rejected')
  expect(translator.forwardError(answer, 'req_1')).toMatchObject({ status: 404, body })
})
