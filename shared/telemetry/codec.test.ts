import { decodeMulti } from '@msgpack/msgpack'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arbitraryAttempt, arbitraryRequest, sampleAttempt, sampleRequest } from './arbitrary-records.ts'
import { decodeBatch } from './batch.ts'
import { BatchWriter, batchNamesMax, nameLengthMax, recordBytesMax } from './codec.ts'
import { BatchNames, type DecodedRecord, decodeRecord } from './decode.ts'
import type { AttemptRecord, RequestRecord } from './records.ts'
import { isSingle } from './single-record.ts'

type Written = { request: RequestRecord; last?: AttemptRecord } | { attempt: AttemptRecord }

test('any records come back from a batch as they went in', () => {
  const written: fc.Arbitrary<Written> = fc.oneof(
    fc.record({ request: arbitraryRequest, last: arbitraryAttempt }),
    fc.record({ request: arbitraryRequest }),
    fc.record({ attempt: arbitraryAttempt }),
  )
  fc.assert(
    fc.property(fc.array(written, { maxLength: 12 }), (records) => {
      expect(roundTrip(records)).toEqual(records.map(expected))
    }),
    { numRuns: 300 },
  )
})

test('what this release adds stands at the end, where older readers ignore it', () => {
  const request = sampleRequest({ askedModel: 'gpt-9', status: 'failed' })
  const attempt = sampleAttempt({ upstreamText: 'The disk is full.', outcome: 'http-error', upstreamStatus: 500 })
  const writer = writerOf(3)
  writer.request(request, undefined)
  writer.single(request, attempt)
  writer.attempt(attempt)
  const [, ...arrays] = [...decodeMulti(written(writer))] as unknown[][]
  // A unit that readers do not know stands for none.
  const olderLengths = [28, 38, 24]
  expect(arrays.map((array, i) => array.slice(olderLengths[i]))).toEqual([
    [127, 0, 'gpt-9'],
    [127, 0, 'gpt-9', 'The disk is full.'],
    ['The disk is full.'],
  ])
  const names = new BatchNames()
  const older = arrays.map((array, i) => decodeRecord(array.slice(0, olderLengths[i]), names))
  expect(older).toMatchObject([
    { record: { status: 'failed' } },
    { attempt: { upstreamStatus: 500 } },
    { type: 'attempt' },
  ])
  for (const member of ['record.askedModel', 'record.measure', 'record.upstreamText', 'attempt.upstreamText'])
    for (const one of older) expect(one).not.toHaveProperty(member)
})

test('a request and the only attempt that agrees with it are one record and come back as both', () => {
  const request = sampleRequest({
    user: 'ünïcode',
    costNanoUsd: 2 ** 52,
    tokens: { input: 70_000, output: 1, cached: 0 },
  })
  const { tokens, costNanoUsd, user } = request
  const attempt = sampleAttempt({
    share: 612,
    sharesRevision: 9_000,
    user,
    atMs: request.atMs + 3,
    tokens,
    costNanoUsd,
    ttftUs: 5e9,
  })
  expect(isSingle(request, attempt)).toBe(true)
  const writer = writerOf(4)
  writer.single(request, attempt)
  const [decoded] = recordsOf(writer)
  expect(decoded).toEqual({ type: 'request', record: request, provider: 'openai', target: 'gpt-4o-mini', attempt })
})

test('a measure stands behind a record, alone and together with its attempt', () => {
  const request = sampleRequest({ measure: { unit: 'seconds', amount: 61.5 }, unpriced: true })
  const writer = writerOf(4)
  writer.single(request, sampleAttempt())
  writer.request(request, undefined)
  const decoded = recordsOf(writer)
  expect(decoded.map((one) => one?.record)).toEqual([request, request])
})

test('a record with a unit of a newer release is read without it', () => {
  const writer = writerOf(2)
  writer.request(sampleRequest({ measure: { unit: 'bytes', amount: 7 } }), undefined)
  const [, fields] = [...decodeMulti(written(writer))] as unknown[][]
  fields![28] = 99
  const decoded = decodeRecord(fields!, new BatchNames())
  expect(decoded).toMatchObject({ type: 'request', record: { requestId: 'request-1' } })
  expect(decoded).not.toHaveProperty('record.measure')
})

test.each([
  ['model', { model: 'other' }],
  ['tokens', { tokens: { input: 11, output: 7, cached: 0 } }],
  ['cost', { costNanoUsd: 1 }],
  ['stream', { stream: true }],
  ['caller', { user: 'somebody else' }],
  ['id', { requestId: 'request-2' }],
])('an attempt with another %s than its request travels apart', (_, over) => {
  expect(isSingle(sampleRequest(), sampleAttempt(over))).toBe(false)
})

test('a name is written out once in a batch, and a record after that takes less than 130 bytes', () => {
  const writer = writerOf(8)
  writer.single(sampleRequest({ user: 'somebody' }), sampleAttempt())
  const first = writer.offset
  writer.single(sampleRequest({ user: 'somebody' }), sampleAttempt())
  expect(writer.bytes.subarray(first, writer.offset).includes('somebody')).toBe(false)
  expect(writer.offset - first).toBeLessThan(130)
})

test('more names than a batch numbers are written out again and still read right', () => {
  const users = Array.from({ length: batchNamesMax + 50 }, (_, index) => `user-${index}`)
  const bytes = Buffer.allocUnsafe(4 << 20)
  const writer = new BatchWriter(bytes)
  writer.begin({ node: 'n', epoch: 'e', firstSequence: 1 })
  for (const user of [...users, ...users.toReversed()]) writer.request(sampleRequest({ user }), undefined)
  const read = recordsOf(writer).map((entry) => (entry?.type === 'request' ? entry.record.user : ''))
  expect(read).toEqual([...users, ...users.toReversed()])
})

test('a name that is too long is cut, and no record is longer than the room it is promised', () => {
  const long = '漢'.repeat(20_000)
  const names = { requestId: long, route: long, errorCode: long, keyId: long, team: `t${long}`, user: `u${long}` }
  const more = { app: `a${long}`, costCenter: `c${long}`, model: `m${long}`, totalUs: Math.PI, overheadUs: Math.E }
  const writer = writerOf(2)
  const before = writer.offset
  writer.request(sampleRequest({ ...names, ...more }), { provider: `p${long}`, target: `g${long}` })
  expect(writer.offset - before).toBeLessThanOrEqual(recordBytesMax)
  const [decoded] = recordsOf(writer)
  expect(decoded?.record.requestId).toBe('漢'.repeat(nameLengthMax))
})

test('what a newer release adds at the end of a record is passed over', () => {
  const writer = writerOf(2)
  const attempt = sampleAttempt({ settlement: 'estimated', upstreamText: 'The disk is full.', queuedUs: 5 })
  writer.attempt(attempt)
  const [, array] = [...decodeMulti(written(writer))]
  const longer = [...(array as unknown[]), 'new', 7]
  expect(decodeRecord(longer, new BatchNames())).toEqual({ type: 'attempt', record: attempt })
  expect(decodeRecord([14, 'a kind of record from the future'], new BatchNames())).toBeUndefined()
})

test('how an attempt was settled stands behind all else, and a word of a newer release is ignored', () => {
  const attempt = sampleAttempt({ settlement: 'bound' })
  const writer = writerOf(2)
  writer.attempt(attempt)
  writer.single(sampleRequest(), attempt)
  expect(recordsOf(writer)).toMatchObject([{ record: attempt }, { attempt }])
  const [, apart, single] = [...decodeMulti(written(writer))] as unknown[][]
  const names = new BatchNames()
  for (const array of [apart, single]) {
    const newer = decodeRecord([...array!.slice(0, -1), 99], names)
    expect(newer).toBeDefined()
    for (const place of ['record.settlement', 'attempt.settlement']) expect(newer).not.toHaveProperty(place)
  }
})

test('records of a release that did not know of shares and of the callers of attempts are read', () => {
  const writer = writerOf(2)
  writer.attempt(sampleAttempt({ share: 612 }))
  writer.single(sampleRequest(), sampleAttempt({ share: 612 }))
  const [, attempt, single] = [...decodeMulti(written(writer))] as unknown[][]
  const names = new BatchNames()
  expect(decodeRecord(attempt!.slice(0, 18), names)).toMatchObject({ record: { keyId: '', share: 0 } })
  expect(decodeRecord(single!.slice(0, 36), names)).toMatchObject({ attempt: { keyId: 'key-1', share: 0 } })
})

function roundTrip(records: readonly Written[]): (DecodedRecord | undefined)[] {
  const writer = writerOf(records.length)
  for (const entry of records) {
    if ('attempt' in entry) writer.attempt(entry.attempt)
    else if (entry.last !== undefined && isSingle(entry.request, entry.last)) writer.single(entry.request, entry.last)
    else writer.request(entry.request, entry.last)
  }
  return recordsOf(writer)
}

function expected(entry: Written): DecodedRecord {
  if ('attempt' in entry) return { type: 'attempt', record: entry.attempt }
  const { provider = '', target = '' } = entry.last ?? {}
  const isOne = entry.last !== undefined && isSingle(entry.request, entry.last)
  return { type: 'request', record: entry.request, provider, target, attempt: isOne ? entry.last : undefined }
}

function writerOf(records: number): BatchWriter {
  const writer = new BatchWriter(Buffer.allocUnsafe((records + 2) * recordBytesMax))
  writer.begin({ node: 'node-1', epoch: 'epoch-1', firstSequence: 1 })
  return writer
}

function written(writer: BatchWriter): Uint8Array {
  return writer.bytes.subarray(0, writer.offset)
}

function recordsOf(writer: BatchWriter): (DecodedRecord | undefined)[] {
  const batch = decodeBatch(written(writer))
  if (!batch.ok) throw new Error(batch.error.message)
  return batch.value.records
}
