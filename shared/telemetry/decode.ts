// The counterpart of `codec.ts`: turns arrays that `@msgpack/msgpack` decoded into records. Readers are not on the
// request path, so a general decoder with named checks is fast enough.

import type { BillableUnits } from '../usage/billable-units.ts'
import { batchNamesMax, flag, recordTag } from './codec.ts'
import { cacheStatuses, measureUnits, outcomes, settlements, statuses } from './record-words.ts'
import type { AttemptRecord, AttemptSettlement, RequestRecord } from './records.ts'

/** A request with the attempt whose answer was used. `attempt` is set when both were sent as one record. */
export interface DecodedRequest {
  type: 'request'
  record: RequestRecord
  /** '' when no attempt's answer was used. */
  provider: string
  target: string
  attempt: AttemptRecord | undefined
}

export type DecodedRecord = DecodedRequest | { type: 'attempt'; record: AttemptRecord }

/** The names of one batch, in the order of their first use. */
export class BatchNames {
  readonly #names = ['']

  resolve(value: unknown): string {
    if (typeof value === 'number') return this.#names[value] ?? malformed('a name of this batch')
    if (typeof value !== 'string') return malformed('a name')
    if (this.#names.length < batchNamesMax) this.#names.push(value)
    return value
  }
}

export class MalformedRecord extends Error {}

/** Throws `MalformedRecord`. Undefined for a kind of record that only newer releases know. */
export function decodeRecord(array: readonly unknown[], names: BatchNames): DecodedRecord | undefined {
  switch (array[0]) {
    case recordTag.request:
      return decodeRequest(array, names, 28)
    case recordTag.single: {
      const request = decodeRequest(array, names, 38)
      request.attempt = attemptOfSingle(array, request)
      return request
    }
    case recordTag.attempt:
      return { type: 'attempt', record: decodeAttempt(array, names) }
    default:
      return undefined
  }
}

/** `length`: the length of a record without its optional fields. */
function decodeRequest(array: readonly unknown[], names: BatchNames, length: number): DecodedRequest {
  const flags = number(array[13])
  const record: RequestRecord = {
    requestId: text(array[1]),
    atMs: number(array[2]),
    route: names.resolve(array[3]),
    status: word(statuses, array[4]),
    httpStatus: number(array[5]),
    errorCode: names.resolve(array[6]),
    keyId: names.resolve(array[7]),
    team: names.resolve(array[8]),
    user: names.resolve(array[9]),
    app: names.resolve(array[10]),
    costCenter: names.resolve(array[11]),
    model: names.resolve(array[12]),
    stream: (flags & flag.stream) !== 0,
    estimated: (flags & flag.estimated) !== 0,
    unpriced: (flags & flag.unpriced) !== 0,
    attempts: number(array[14]),
    fallbackIndex: number(array[15]),
    cacheStatus: word(cacheStatuses, array[16]),
    tokens: { input: number(array[17]), output: number(array[18]), cached: number(array[19]) },
    costNanoUsd: number(array[20]),
    savedNanoUsd: number(array[21]),
    totalUs: number(array[22]),
    overheadUs: number(array[23]),
    ttftUs: number(array[24]),
    configRevision: number(array[25]),
    ...measureAt(array, length),
    ...namedText('askedModel', laterText(array, length + 2)),
    ...limitedAt(array, length),
  }
  const provider = names.resolve(array[26])
  const target = names.resolve(array[27])
  return { type: 'request', record, provider, target, attempt: undefined }
}

/** A single record has other fields in this place. */
function limitedAt(array: readonly unknown[], length: number): { limitedBy?: string } {
  return array[0] === recordTag.request ? namedText('limitedBy', laterText(array, length + 3)) : {}
}

/** A unit that only newer releases know is ignored. */
function measureAt(array: readonly unknown[], index: number): { measure?: BillableUnits } {
  const unit = array.length > index + 1 ? measureUnits[number(array[index])] : undefined
  return unit === undefined ? {} : { measure: { unit, amount: number(array[index + 1]) } }
}

function attemptOfSingle(array: readonly unknown[], request: DecodedRequest): AttemptRecord {
  const { record, provider, target } = request
  return {
    requestId: record.requestId,
    atMs: record.atMs + number(array[28]),
    index: number(array[29]),
    keyId: record.keyId,
    team: record.team,
    user: record.user,
    app: record.app,
    model: record.model,
    provider,
    target,
    share: later(array, 36),
    sharesRevision: later(array, 37),
    outcome: word(outcomes, array[30]),
    upstreamStatus: number(array[31]),
    stream: record.stream,
    tokens: { ...record.tokens },
    costNanoUsd: record.costNanoUsd,
    firstByteUs: number(array[32]),
    ttftUs: number(array[33]),
    interTokenUs: number(array[34]),
    totalUs: number(array[35]),
    ...namedText('upstreamText', laterText(array, 41)),
    ...settlementAt(array, 42),
  }
}

function decodeAttempt(array: readonly unknown[], names: BatchNames): AttemptRecord {
  return {
    requestId: text(array[1]),
    atMs: number(array[2]),
    index: number(array[3]),
    keyId: laterText(array, 18),
    team: laterText(array, 19),
    user: laterText(array, 20),
    app: laterText(array, 21),
    model: names.resolve(array[4]),
    provider: names.resolve(array[5]),
    target: names.resolve(array[6]),
    share: later(array, 22),
    sharesRevision: later(array, 23),
    outcome: word(outcomes, array[7]),
    upstreamStatus: number(array[8]),
    stream: (number(array[9]) & flag.stream) !== 0,
    tokens: { input: number(array[10]), output: number(array[11]), cached: number(array[12]) },
    costNanoUsd: number(array[13]),
    firstByteUs: number(array[14]),
    ttftUs: number(array[15]),
    interTokenUs: number(array[16]),
    totalUs: number(array[17]),
    ...namedText('upstreamText', laterText(array, 24)),
    ...settlementAt(array, 25),
    ...(array.length > 26 ? { queuedUs: number(array[26]) } : {}),
    ...((number(array[9]) & flag.retryWithheld) === 0 ? {} : { retryWithheld: true }),
    ...((number(array[9]) & flag.passedOver) === 0 ? {} : { passedOver: true }),
  }
}

/** A settlement that only newer releases know is ignored. */
function settlementAt(array: readonly unknown[], index: number): { settlement?: AttemptSettlement } {
  const settlement = array.length > index ? settlements[number(array[index])] : undefined
  return settlement === undefined ? {} : { settlement }
}

/** A field that older releases do not write: 0 when it is missing. */
function later(array: readonly unknown[], index: number): number {
  return array.length > index ? number(array[index]) : 0
}

function laterText(array: readonly unknown[], index: number): string {
  return array.length > index ? text(array[index]) : ''
}

function namedText<Name extends string>(name: Name, text: string): { [Key in Name]?: string } {
  return (text === '' ? {} : { [name]: text }) as { [Key in Name]?: string }
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : malformed('a number')
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : malformed('a text')
}

function word<Word extends string>(words: readonly Word[], code: unknown): Word {
  return words[number(code)] ?? malformed('a known word')
}

function malformed(expected: string): never {
  throw new MalformedRecord(`telemetry record: expected ${expected}`)
}
