// A batch is a header array followed by record arrays, one msgpack document after another: what the proxy appends to its
// spool and sends over the bus are the same bytes. Sequences are not written out: the header has the first one.
//
// Delivery is exact because of two rules. A record's sequence never changes once it is in a batch, and each delivery of a
// batch names the sequence that must be stored before it (`previous`), which its sender knows. So a receiver that keeps
// one number per sender and boot, the highest sequence it has, can tell a repeat from a gap.
import { decodeMulti } from '@msgpack/msgpack'
import { done, fail, type Result } from '../result.ts'
import { type BatchHeader, recordTag, writeWide } from './codec.ts'
import { BatchNames, type DecodedRecord, decodeRecord, MalformedRecord } from './decode.ts'

export interface Batch extends BatchHeader {
  version: number
  previous: number
  /** The records; undefined stands for a malformed one, or a kind that only newer releases know: it keeps its sequence. */
  records: (DecodedRecord | undefined)[]
  malformed: number
}

export type BatchRefusal = { type: 'not-a-batch'; message: string }

const wideBytes = 9

export function decodeBatch(bytes: Uint8Array): Result<Batch, BatchRefusal> {
  const documents = decodeMulti(bytes)
  try {
    const header = headerOf(documents.next().value)
    if (header === undefined) return fail({ type: 'not-a-batch', message: 'no header' })
    const batch: Batch = { ...header, records: [], malformed: 0 }
    const names = new BatchNames()
    for (const array of documents) batch.records.push(decodeOne(array, names, batch))
    return done(batch)
  } catch (error) {
    return fail({ type: 'not-a-batch', message: error instanceof Error ? error.message : 'unreadable' })
  }
}

function decodeOne(array: unknown, names: BatchNames, batch: Batch): DecodedRecord | undefined {
  try {
    if (Array.isArray(array)) return decodeRecord(array, names)
  } catch (error) {
    if (!(error instanceof MalformedRecord)) throw error
  }
  batch.malformed++
  return undefined
}

/** Decodes the header only. */
export function decodeHeader(bytes: Uint8Array): (BatchHeader & { version: number; previous: number }) | undefined {
  try {
    return headerOf(decodeMulti(bytes).next().value)
  } catch {
    return undefined
  }
}

function headerOf(array: unknown): (BatchHeader & { version: number; previous: number }) | undefined {
  if (!Array.isArray(array) || array[0] !== recordTag.header) return undefined
  const [, version, node, epoch, firstSequence, previous] = array as unknown[]
  if (typeof version !== 'number' || typeof node !== 'string' || typeof epoch !== 'string') return undefined
  if (!Number.isSafeInteger(firstSequence) || !Number.isSafeInteger(previous)) return undefined
  return { version, node, epoch, firstSequence: firstSequence as number, previous: previous as number }
}

/** Writes into a batch the sequence that must be stored before it. */
export function setPrevious(batch: Uint8Array, previous: number): void {
  writeWide(batch, skipDocument(batch, 0) - wideBytes, previous)
}

/** The place of one batch in a longer run of bytes. */
export interface BatchExtent {
  start: number
  end: number
  firstSequence: number
  count: number
}

/** Finds the batches in `bytes`, which must begin with one. The last may be truncated: its extent ends with its last
 *  complete record. `end` is where reading stopped: less than the length when the rest is a torn record, or not a
 *  batch. */
export function scanBatches(bytes: Uint8Array): { batches: BatchExtent[]; end: number } {
  const batches: BatchExtent[] = []
  let open: BatchExtent | undefined
  let offset = 0
  while (offset < bytes.length) {
    const next = skipDocument(bytes, offset)
    if (next < 0) break
    if (isHeader(bytes, offset)) {
      const header = decodeHeader(bytes.subarray(offset, next))
      if (header === undefined) break
      open = { start: offset, end: next, firstSequence: header.firstSequence, count: 0 }
      batches.push(open)
    } else {
      if (open === undefined || !isArray(bytes[offset])) break
      open.end = next
      open.count++
    }
    offset = next
  }
  return { batches, end: offset }
}

function isHeader(bytes: Uint8Array, offset: number): boolean {
  const first = bytes[offset]
  return isArray(first) && bytes[offset + arrayHeadBytes(first)] === recordTag.header
}

function isArray(byte: number | undefined): byte is number {
  if (byte === undefined) return false
  return (byte & 0xf0) === 0x90 || byte === 0xdc
}

function arrayHeadBytes(byte: number): number {
  return byte === 0xdc ? 3 : 1
}

/** The offset after the document at `offset`; -1 when it is truncated or has a type that no record uses. */
function skipDocument(bytes: Uint8Array, offset: number): number {
  let at = offset
  for (let left = 1; left > 0; left--) {
    const byte = bytes[at]
    if (byte === undefined) return -1
    if (isArray(byte)) {
      const length = byte === 0xdc ? uint16At(bytes, at + 1) : byte & 0x0f
      if (length === undefined) return -1
      left += length
      at += arrayHeadBytes(byte)
    } else {
      const size = scalarBytes(bytes, at, byte)
      if (size < 0) return -1
      at += size
    }
    if (at > bytes.length) return -1
  }
  return at
}

function scalarBytes(bytes: Uint8Array, at: number, byte: number): number {
  if (byte < 0x80 || byte >= 0xe0) return 1
  if ((byte & 0xe0) === 0xa0) return 1 + (byte & 0x1f)
  switch (byte) {
    case 0xc0: // nil, false and true: for fields of newer releases
    case 0xc2:
    case 0xc3:
      return 1
    case 0xcc:
    case 0xd0:
      return 2
    case 0xcd:
    case 0xd1:
      return 3
    case 0xca:
    case 0xce:
    case 0xd2:
      return 5
    case 0xcb:
    case 0xcf:
    case 0xd3:
      return 9
    case 0xd9:
      return sizeOf(2, bytes[at + 1])
    case 0xda:
      return sizeOf(3, uint16At(bytes, at + 1))
    default:
      return -1
  }
}

function sizeOf(headBytes: number, length: number | undefined): number {
  return length === undefined ? -1 : headBytes + length
}

/** The two bytes as a number; undefined beyond the end. */
function uint16At(bytes: Uint8Array, at: number): number | undefined {
  const high = bytes[at]
  const low = bytes[at + 1]
  return high === undefined || low === undefined ? undefined : (high << 8) | low
}
