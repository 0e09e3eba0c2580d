import { EventStreamCodec } from '@smithy/eventstream-codec'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readAwsMessage } from './event-message.ts'

// What AWS's own SDK writes is what has to be read.
const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')),
  (text) => Buffer.from(text, 'utf8'),
)
type Headers = Parameters<typeof codec.encode>[0]['headers']
const encoded = (headers: Headers, body = '') => Buffer.from(codec.encode({ headers, body: Buffer.from(body) }))
const text = (value: string) => ({ type: 'string', value }) as const

const arbitraryHeader = fc.oneof(
  fc.boolean().map((value) => ({ type: 'boolean', value }) as const),
  fc.integer({ min: -128, max: 127 }).map((value) => ({ type: 'byte', value }) as const),
  fc.integer({ min: -32_768, max: 32_767 }).map((value) => ({ type: 'short', value }) as const),
  fc.integer().map((value) => ({ type: 'integer', value }) as const),
  fc.uint8Array().map((value) => ({ type: 'binary', value }) as const),
  fc.date({ noInvalidDate: true }).map((value) => ({ type: 'timestamp', value }) as const),
  fc.uuid().map((value) => ({ type: 'uuid', value }) as const),
  fc.string({ unit: 'grapheme' }).map(text),
)

test('a message says its type, name and body, whatever other headers stand around them', () => {
  const others = fc.dictionary(fc.stringMatching(/^[a-z-]{1,20}$/), arbitraryHeader)
  fc.assert(
    fc.property(others, others, fc.string({ unit: 'grapheme' }), (before, after, body) => {
      const headers = { ...before, ':message-type': text('event'), ':event-type': text('delta'), ...after }
      const message = readAwsMessage(encoded(headers as Headers, body))
      expect(message).toMatchObject({ messageType: 'event', name: 'delta', errorMessage: '' })
      expect(Buffer.from(message?.body ?? []).toString()).toBe(body)
    }),
  )
})

test.each([
  [{ ':message-type': text('exception'), ':exception-type': text('throttlingException') }, 'throttlingException', ''],
  [{ ':message-type': text('error'), ':error-code': text('500'), ':error-message': text('oh') }, '500', 'oh'],
  [{}, '', ''],
])('the name is that of the event, the exception or the error: %j', (headers, name, errorMessage) => {
  expect(readAwsMessage(encoded(headers))).toMatchObject({ name, errorMessage })
})

test('headers that are cut, or of an unknown type, are no message', () => {
  for (const headers of ['00', '0161', '016107', '0161070005', '01610b', '016105000000']) {
    expect(readAwsMessage(withHeaders(Buffer.from(headers, 'hex'))), headers).toBeUndefined()
  }
  expect(readAwsMessage(withHeaders(Buffer.from('0161050000000000000000', 'hex')))).toMatchObject({ name: '' })
})

/** A message with these headers, and with checksums that hold, written as the format says. */
function withHeaders(headers: Buffer): Buffer {
  const bytes = Buffer.alloc(16 + headers.length)
  bytes.writeUInt32BE(bytes.length, 0)
  bytes.writeUInt32BE(headers.length, 4)
  bytes.writeUInt32BE(crcOf(bytes.subarray(0, 8)), 8)
  headers.copy(bytes, 12)
  bytes.writeUInt32BE(crcOf(bytes.subarray(0, -4)), bytes.length - 4)
  return bytes
}

/** CRC-32 by its definition, bit by bit. */
function crcOf(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
