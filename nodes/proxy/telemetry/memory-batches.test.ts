import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import { MemoryBatches } from './memory-batches.ts'
import type { SpooledBatch } from './segment-reader.ts'

test('batches leave in the order of their sequences as they are confirmed', () => {
  const { memory } = open()
  memory.add(batch(1, 3))
  memory.add(batch(4, 6))
  memory.confirm(3)
  expect(memory.firstAfter(0)).toMatchObject({ first: 4 })
  expect(memory.records).toBe(3)
})

test('a batch that is confirmed in part stays whole', () => {
  const { memory } = open()
  memory.add(batch(1, 3))
  memory.confirm(2)
  expect(memory.firstAfter(2)).toMatchObject({ first: 1, last: 3 })
})

test('beyond the bound of records the oldest batch is dropped and counted', () => {
  const { memory } = open({ recordsMax: 5 })
  memory.add(batch(1, 3))
  memory.add(batch(4, 6))
  expect(memory.firstAfter(0)).toMatchObject({ first: 4 })
  expect(memory.dropped).toBe(3)
})

test('beyond the bound of bytes too', () => {
  const { memory } = open({ bytesMax: 15 })
  memory.add(batch(1, 1))
  memory.add(batch(2, 2))
  expect(memory.firstAfter(0)).toMatchObject({ first: 2 })
  expect(memory.dropped).toBe(1)
})

test('a batch larger than the bound leaves nothing behind', () => {
  const { memory } = open({ bytesMax: 5 })
  memory.add(batch(1, 2))
  expect(memory.firstAfter(0)).toBeUndefined()
  expect(memory.records).toBe(0)
})

test('losses are reported once in ten seconds, and each record once', () => {
  const { memory, notices, clock } = open({ recordsMax: 0 })
  memory.add(batch(1, 2))
  memory.reportDropped()
  memory.add(batch(3, 3))
  memory.reportDropped()
  clock.advance(10_000)
  memory.reportDropped()
  memory.reportAllDropped()
  expect(notices).toEqual([
    { type: 'usage-dropped', records: 2, reason: 'spool-full' },
    { type: 'usage-dropped', records: 1, reason: 'spool-full' },
  ])
})

function open(bounds: { recordsMax?: number; bytesMax?: number } = {}) {
  const clock = new ManualClock()
  const notices: Notice[] = []
  const notify = (notice: Notice): void => void notices.push(notice)
  return { memory: new MemoryBatches({ recordsMax: 100, bytesMax: 1_000, ...bounds, clock, notify }), notices, clock }
}

function batch(first: number, last: number): SpooledBatch {
  return { first, last, bytes: new Uint8Array(10) }
}
