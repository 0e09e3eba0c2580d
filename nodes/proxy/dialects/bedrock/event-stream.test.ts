import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chunked, encodedEvent } from '../test-dialects.ts'
import type { AwsMessage } from './event-message.ts'
import { AwsEventStream } from './event-stream.ts'

function read(chunks: readonly Buffer[]) {
  const stream = new AwsEventStream()
  const messages: AwsMessage[] = []
  const outcomes = chunks.map((chunk) => stream.push(chunk, (message) => messages.push(message)))
  return { broken: outcomes.includes('broken'), messages, isBetween: stream.isBetween }
}

const arbitraryMessages = fc.array(fc.record({ name: fc.constantFrom('a', 'contentBlockDelta'), text: fc.string() }), {
  minLength: 1,
  maxLength: 5,
})

test('messages are read the same however their bytes are cut (wire 61)', () => {
  fc.assert(
    fc.property(arbitraryMessages, fc.integer({ min: 1, max: 60 }), (messages, size) => {
      const bytes = Buffer.concat(messages.map(({ name, text }) => encodedEvent(name, { text })))
      const { broken, messages: got, isBetween } = read(chunked(bytes, size))
      expect({ broken, isBetween }).toEqual({ broken: false, isBetween: true })
      expect(got.map(({ name, body }) => ({ name, ...JSON.parse(Buffer.from(body).toString()) }))).toEqual(messages)
    }),
  )
})

test('one flipped bit anywhere is never taken for a message (wire 61)', () => {
  const bytes = encodedEvent('contentBlockDelta', { delta: { text: 'Hello' } })
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    const { messages } = read([flipped])
    expect(messages).toEqual([])
  }
})

test.each([0, 15, (16 << 20) + 1, 0xffffffff])('a message that says it has %i bytes breaks the stream', (size) => {
  const bytes = encodedEvent('a', {})
  bytes.writeUInt32BE(size, 0)
  expect(read([bytes])).toMatchObject({ broken: true, messages: [] })
})

test('a message that is cut off is no message, and the stream is not between two', () => {
  const bytes = encodedEvent('a', {})
  expect(read([bytes.subarray(0, -1)])).toMatchObject({ broken: false, messages: [], isBetween: false })
})
