// One message of AWS's binary event stream: its length, the length of its headers, a CRC of these two, headers with types,
// a body, and a CRC of everything before it.
import { crc32 } from 'node:zlib'

export interface AwsMessage {
  /** 'event', 'exception' or 'error'. */
  readonly messageType: string
  /** The event's or the exception's name, or the error's code. */
  readonly name: string
  /** What an 'error' says in a header. */
  readonly errorMessage: string
  /** Valid as long as the bytes that it was read from. */
  readonly body: Uint8Array
}

export const preludeBytes = 12
const crcBytes = 4
export const messageBytesMin = preludeBytes + crcBytes

/** `bytes`: one whole message. Undefined: a checksum does not hold, or the headers are none. */
export function readAwsMessage(bytes: Buffer): AwsMessage | undefined {
  const crcAt = bytes.length - crcBytes
  if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8)) return undefined
  if (crc32(bytes.subarray(0, crcAt)) !== bytes.readUInt32BE(crcAt)) return undefined
  const bodyAt = preludeBytes + bytes.readUInt32BE(4)
  if (bodyAt > crcAt) return undefined
  const headers = readTextHeaders(bytes.subarray(preludeBytes, bodyAt))
  if (headers === undefined) return undefined
  const text = (name: string) => headers.get(name) ?? ''
  return {
    messageType: text(':message-type'),
    name: text(':event-type') || text(':exception-type') || text(':error-code'),
    errorMessage: text(':error-message'),
    body: bytes.subarray(bodyAt, crcAt),
  }
}

const textType = 7
/** Bytes of a value by its type: true, false, byte, short, int, long, bytes, text, time, UUID. 'counted': a length of two
 *  bytes stands before it. */
const valueBytes = [0, 0, 1, 2, 4, 8, 'counted', 'counted', 8, 16] as const

/** Headers of other types are skipped. Undefined: the last one is cut, or of no known type. */
function readTextHeaders(bytes: Buffer): Map<string, string> | undefined {
  const headers = new Map<string, string>()
  for (let at = 0; at < bytes.length; ) {
    const typeAt = at + 1 + bytes.readUInt8(at)
    if (typeAt >= bytes.length) return undefined
    const type = bytes.readUInt8(typeAt)
    const span = valueSpan(bytes, typeAt + 1, type)
    if (span === undefined || span.end > bytes.length) return undefined
    if (type === textType)
      headers.set(bytes.toString('utf8', at + 1, typeAt), bytes.toString('utf8', span.start, span.end))
    at = span.end
  }
  return headers
}

function valueSpan(bytes: Buffer, at: number, type: number): { start: number; end: number } | undefined {
  const size = valueBytes[type]
  if (size === undefined) return undefined
  if (size !== 'counted') return { start: at, end: at + size }
  if (at + 2 > bytes.length) return undefined
  return { start: at + 2, end: at + 2 + bytes.readUInt16BE(at) }
}
