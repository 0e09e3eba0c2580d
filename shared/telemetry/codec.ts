// Records as bytes. A record is one msgpack array in a fixed order, written by hand straight into a buffer: no objects
// in between, a fraction of a microsecond each. What a newer release adds stands at the end of the array, and readers
// ignore what they do not know; names among it are written out, because an older reader would not number them.
//
// Names repeat in almost every record (key, team, model, provider …). Within one batch the first use of a name is
// written out and takes the next number; later uses are that number. So a batch can be read on its own, from its start.
// A request with exactly one attempt that agrees with it, which is nearly all of them, travels as one record.

import type { BillableUnits } from '../usage/billable-units.ts'
import { cacheStatuses, measureUnits, outcomes, settlements, statuses } from './record-words.ts'
import type { AttemptRecord, RequestRecord } from './records.ts'

/** The first element of each array. */
export const recordTag = { request: 0, attempt: 1, single: 2, header: 15 } as const

export const flag = { stream: 1, estimated: 2, unpriced: 4, retryWithheld: 8, passedOver: 16 } as const

/** Longer names are truncated. Names are ours or an operator's; only a caller's request id may be this long. */
export const nameLengthMax = 512
/** No record is longer than this, so a writer that leaves this much room needs no other check. */
export const recordBytesMax = 15 * (nameLengthMax * 3 + 3) + 32 * 9
/** The number of names that are numbered in one batch; later ones are written out. Reader and writer count alike. */
export const batchNamesMax = 4_096

const noUnit = 127
/** Readers ignore a settlement that they do not know. */
const noSettlement = 127

const statusCode = codesOf(statuses)
const cacheStatusCode = codesOf(cacheStatuses)
const outcomeCode = codesOf(outcomes)
const measureUnitCode = codesOf(measureUnits)
const settlementCode = codesOf(settlements)

export interface BatchHeader {
  node: string
  /** Identifies one boot of the node: sequences restart at 1 with each. */
  epoch: string
  firstSequence: number
}

export const batchVersion = 1

/** Writes one batch after another into the same buffer. The caller ensures that `recordBytesMax` bytes are free. */
export class BatchWriter {
  readonly bytes: Buffer
  #offset = 0
  readonly #names = new Map<string, number>()

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  get offset(): number {
    return this.#offset
  }

  /** Starts a new batch at the beginning of the buffer. */
  begin(header: BatchHeader): void {
    this.#names.clear()
    this.#names.set('', 0)
    this.bytes[0] = 0x96
    this.bytes[1] = recordTag.header
    this.#offset = 2
    this.#number(batchVersion)
    this.#text(header.node)
    this.#text(header.epoch)
    this.#wide(header.firstSequence)
    // The sequence that must be stored before this batch; the sender sets it at each delivery (`setPrevious`).
    this.#wide(header.firstSequence - 1)
  }

  /** `last` is the attempt whose answer was used; undefined when there was none. */
  request(record: RequestRecord, last: { provider: string; target: string } | undefined): void {
    const { measure, askedModel = '', limitedBy = '' } = record
    const more = limitedBy !== '' ? 4 : askedModel !== '' ? 3 : measure !== undefined ? 2 : 0
    this.#array(28 + more)
    this.bytes[this.#offset++] = recordTag.request
    this.#requestFields(record, last?.provider ?? '', last?.target ?? '')
    if (more >= 2) this.#measure(measure)
    if (more >= 3) this.#text(askedModel)
    if (more === 4) this.#text(limitedBy)
  }

  single(record: RequestRecord, attempt: AttemptRecord): void {
    const { measure, askedModel = '' } = record
    const { upstreamText = '', settlement } = attempt
    const more =
      settlement !== undefined ? 5 : upstreamText !== '' ? 4 : askedModel !== '' ? 3 : measure !== undefined ? 2 : 0
    this.#array(38 + more)
    this.bytes[this.#offset++] = recordTag.single
    this.#requestFields(record, attempt.provider, attempt.target)
    this.#number(attempt.atMs - record.atMs)
    this.#number(attempt.index)
    this.bytes[this.#offset++] = outcomeCode[attempt.outcome]
    this.#number(attempt.upstreamStatus)
    this.#number(attempt.firstByteUs)
    this.#number(attempt.ttftUs)
    this.#number(attempt.interTokenUs)
    this.#number(attempt.totalUs)
    this.#number(attempt.share)
    this.#number(attempt.sharesRevision)
    if (more >= 2) this.#measure(measure)
    if (more >= 3) this.#text(askedModel)
    if (more >= 4) this.#text(upstreamText)
    if (settlement !== undefined) this.#number(settlementCode[settlement])
  }

  attempt(record: AttemptRecord): void {
    const { upstreamText = '', settlement, queuedUs } = record
    const more = queuedUs !== undefined ? 3 : settlement !== undefined ? 2 : upstreamText !== '' ? 1 : 0
    this.#array(24 + more)
    this.bytes[this.#offset++] = recordTag.attempt
    this.#text(record.requestId)
    this.#number(record.atMs)
    this.#number(record.index)
    this.#name(record.model)
    this.#name(record.provider)
    this.#name(record.target)
    this.bytes[this.#offset++] = outcomeCode[record.outcome]
    this.#number(record.upstreamStatus)
    this.bytes[this.#offset++] =
      (record.stream ? flag.stream : 0) |
      (record.retryWithheld === true ? flag.retryWithheld : 0) |
      (record.passedOver === true ? flag.passedOver : 0)
    this.#number(record.tokens.input)
    this.#number(record.tokens.output)
    this.#number(record.tokens.cached)
    this.#number(record.costNanoUsd)
    this.#number(record.firstByteUs)
    this.#number(record.ttftUs)
    this.#number(record.interTokenUs)
    this.#number(record.totalUs)
    this.#text(record.keyId)
    this.#text(record.team)
    this.#text(record.user)
    this.#text(record.app)
    this.#number(record.share)
    this.#number(record.sharesRevision)
    if (more >= 1) this.#text(upstreamText)
    if (more >= 2) this.#number(settlement === undefined ? noSettlement : settlementCode[settlement])
    if (queuedUs !== undefined) this.#number(queuedUs)
  }

  #requestFields(record: RequestRecord, provider: string, target: string): void {
    this.#text(record.requestId)
    this.#number(record.atMs)
    this.#name(record.route)
    this.bytes[this.#offset++] = statusCode[record.status]
    this.#number(record.httpStatus)
    this.#name(record.errorCode)
    this.#name(record.keyId)
    this.#name(record.team)
    this.#name(record.user)
    this.#name(record.app)
    this.#name(record.costCenter)
    this.#name(record.model)
    this.bytes[this.#offset++] =
      (record.stream ? flag.stream : 0) |
      (record.estimated ? flag.estimated : 0) |
      (record.unpriced === true ? flag.unpriced : 0)
    this.#number(record.attempts)
    this.#number(record.fallbackIndex)
    this.bytes[this.#offset++] = cacheStatusCode[record.cacheStatus]
    this.#number(record.tokens.input)
    this.#number(record.tokens.output)
    this.#number(record.tokens.cached)
    this.#number(record.costNanoUsd)
    this.#number(record.savedNanoUsd)
    this.#number(record.totalUs)
    this.#number(record.overheadUs)
    this.#number(record.ttftUs)
    this.#number(record.configRevision)
    this.#name(provider)
    this.#name(target)
  }

  /** Readers ignore a unit that they do not know, so one of these stands for none. */
  #measure(measure: BillableUnits | undefined): void {
    this.bytes[this.#offset++] = measure === undefined ? noUnit : measureUnitCode[measure.unit]
    this.#number(measure?.amount ?? 0)
  }

  #array(length: number): void {
    const bytes = this.bytes
    if (length < 16) {
      bytes[this.#offset++] = 0x90 | length
      return
    }
    bytes[this.#offset++] = 0xdc
    bytes[this.#offset++] = 0
    bytes[this.#offset++] = length
  }

  #name(name: string): void {
    const known = this.#names.get(name)
    if (known !== undefined) {
      this.#number(known)
      return
    }
    if (this.#names.size < batchNamesMax) this.#names.set(name, this.#names.size)
    this.#text(name)
  }

  #number(value: number): void {
    const bytes = this.bytes
    const offset = this.#offset
    if (value >= 0 && value <= 0xffff_ffff && value === Math.floor(value) && !Object.is(value, -0)) {
      if (value < 0x80) {
        bytes[offset] = value
        this.#offset = offset + 1
      } else if (value <= 0xffff) {
        bytes[offset] = 0xcd
        bytes[offset + 1] = value >>> 8
        bytes[offset + 2] = value
        this.#offset = offset + 3
      } else {
        bytes[offset] = 0xce
        bytes[offset + 1] = value >>> 24
        bytes[offset + 2] = value >>> 16
        bytes[offset + 3] = value >>> 8
        bytes[offset + 4] = value
        this.#offset = offset + 5
      }
    } else if (Number.isSafeInteger(value) && value > 0) {
      this.#wide(value)
    } else {
      bytes[offset] = 0xcb
      this.#offset = bytes.writeDoubleBE(value, offset + 1)
    }
  }

  /** The number always takes nine bytes, so that it can be set later. */
  #wide(value: number): void {
    this.#offset = writeWide(this.bytes, this.#offset, value)
  }

  #text(text: string): void {
    const bytes = this.bytes
    const length = text.length
    if (length > 48) {
      this.#longText(text)
      return
    }
    let offset = this.#offset
    if (length < 32) bytes[offset++] = 0xa0 | length
    else {
      bytes[offset++] = 0xd9
      bytes[offset++] = length
    }
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) {
        this.#longText(text)
        return
      }
      bytes[offset++] = code
    }
    this.#offset = offset
  }

  #longText(text: string): void {
    const kept = text.length > nameLengthMax ? text.slice(0, nameLengthMax) : text
    const size = this.bytes.write(kept, this.#offset + 3, 'utf8')
    this.bytes[this.#offset] = 0xda
    this.bytes.writeUInt16BE(size, this.#offset + 1)
    this.#offset += 3 + size
  }
}

export function writeWide(bytes: Uint8Array, offset: number, value: number): number {
  const high = Math.floor(value / 2 ** 32)
  bytes[offset] = 0xcf
  bytes[offset + 1] = high >>> 24
  bytes[offset + 2] = high >>> 16
  bytes[offset + 3] = high >>> 8
  bytes[offset + 4] = high
  bytes[offset + 5] = value >>> 24
  bytes[offset + 6] = value >>> 16
  bytes[offset + 7] = value >>> 8
  bytes[offset + 8] = value
  return offset + 9
}

function codesOf<Word extends string>(words: readonly Word[]): Record<Word, number> {
  return Object.fromEntries(words.map((word, code) => [word, code])) as Record<Word, number>
}
