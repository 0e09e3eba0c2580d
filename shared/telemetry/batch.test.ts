import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sampleAttempt, sampleRequest } from './arbitrary-records.ts'
import { decodeBatch, decodeHeader, scanBatches, setPrevious } from './batch.ts'
import { BatchWriter } from './codec.ts'

test('batches are found in a run of bytes, however it is cut off', () => {
  const counts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(counts, fc.double({ min: 0, max: 1, noNaN: true }), (sizes, part) => {
      const { bytes, extents } = runOf(sizes)
      const cut = Math.floor(part * bytes.length)
      const { batches, end } = scanBatches(bytes.subarray(0, cut))
      const whole = extents.filter((extent) => extent.end <= cut)
      expect(batches.slice(0, whole.length)).toEqual(whole)
      expect(end).toBeLessThanOrEqual(cut)
      // Every complete record of a truncated batch is found, and nothing after it.
      for (const torn of batches.slice(whole.length)) {
        const read = decodeBatch(bytes.subarray(torn.start, torn.end))
        expect(read.ok && read.value.records.length).toBe(torn.count)
      }
    }),
  )
})

test('a page of zeros after the last record, as a power cut leaves it, is not read as records', () => {
  const { bytes, extents } = runOf([2])
  const { batches, end } = scanBatches(Buffer.concat([bytes, Buffer.alloc(4_096)]))
  expect(batches).toEqual(extents)
  expect(end).toBe(bytes.length)
})

test('arbitrary bytes are neither batches nor a reason to throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const { end } = scanBatches(bytes)
      expect(end).toBeLessThanOrEqual(bytes.length)
      decodeBatch(bytes)
      decodeHeader(bytes)
    }),
    { numRuns: 1_000 },
  )
})

test('each delivery can name another predecessor', () => {
  const { bytes } = runOf([3])
  expect(decodeHeader(bytes)).toMatchObject({ node: 'node-1', firstSequence: 1, previous: 0 })
  setPrevious(bytes, 2 ** 40 + 5)
  const read = decodeBatch(bytes)
  expect(read.ok && [read.value.previous, read.value.firstSequence, read.value.records.length]).toEqual([
    2 ** 40 + 5,
    1,
    3,
  ])
})

test('a record that makes no sense keeps its place and is counted', () => {
  const { bytes, extents } = runOf([2])
  const nonsense = Buffer.from([0x92, 1, 0xc0])
  const read = decodeBatch(Buffer.concat([bytes.subarray(0, extents[0]!.end), nonsense]))
  expect(read.ok && read.value.records.map((record) => record?.type)).toEqual(['request', 'request', undefined])
  expect(read.ok && read.value.malformed).toBe(1)
})

function runOf(sizes: readonly number[]) {
  const extents: { start: number; end: number; firstSequence: number; count: number }[] = []
  const parts: Buffer[] = []
  let start = 0
  let firstSequence = 1
  for (const count of sizes) {
    const writer = new BatchWriter(Buffer.alloc(100_000))
    writer.begin({ node: 'node-1', epoch: 'epoch-1', firstSequence })
    for (let i = 0; i < count; i++)
      writer.single(sampleRequest({ requestId: `é${firstSequence + i}` }), sampleAttempt())
    extents.push({ start, end: start + writer.offset, firstSequence, count })
    parts.push(writer.bytes.subarray(0, writer.offset))
    start += writer.offset
    firstSequence += count
  }
  return { bytes: Buffer.concat(parts), extents }
}
