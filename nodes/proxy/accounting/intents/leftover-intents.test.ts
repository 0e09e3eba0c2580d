import { expect, test } from 'vitest'
import { sampleAttempt, sampleRequest } from '../../../../shared/telemetry/arbitrary-records.ts'
import { BatchWriter, recordBytesMax } from '../../../../shared/telemetry/codec.ts'
import type { Segment } from '../../telemetry/spool.ts'
import { leftoverIntents } from './leftover-intents.ts'
import { MemoryDisk, testIntent, testJournal } from './test-intents.ts'

interface Spooled {
  readonly id: string
  readonly atMs?: number
  readonly index?: number
}

/** A segment of the spool with one batch for each list of attempts. */
function spooled(disk: MemoryDisk, epoch: string, batches: readonly (readonly Spooled[])[]): Segment {
  let first = 1
  const bytes = batches.map((attempts) => {
    const writer = new BatchWriter(Buffer.alloc((attempts.length + 2) * recordBytesMax))
    writer.begin({ node: 'n', epoch, firstSequence: first })
    first += attempts.length
    for (const { id, atMs = 1_000, index = 0 } of attempts) {
      const attempt = sampleAttempt({ requestId: id, atMs, index })
      if (index > 0) writer.attempt(attempt)
      else writer.single(sampleRequest({ requestId: id, atMs }), attempt)
    }
    return writer.bytes.subarray(0, writer.offset)
  })
  const path = `/spool/${epoch}.00000001.spool`
  disk.files.set(path, Buffer.concat(bytes))
  return { path, epoch, number: 1, bytes: 0, closedBytes: 0, last: undefined }
}

/** A life that opened intents and was killed. */
function killed(disk: MemoryDisk, epoch: string, ids: readonly string[], spooledTo = 0): void {
  const { journal, clock } = testJournal({ disk, epoch })
  journal.spooled(spooledTo)
  for (const id of ids) journal.open(testIntent({ id }))
  clock.advance(2)
}

const idsOf = (disk: MemoryDisk, segments: readonly Segment[] = []) =>
  leftoverIntents('/intents', segments, disk).open.map(({ request }) => request.requestId)

test('nothing is left without a journal', () => {
  expect(leftoverIntents('/intents', [], new MemoryDisk())).toEqual({ open: [], files: [], unread: 0 })
})

test('what earlier lives opened is open, whatever they have in common', () => {
  const disk = new MemoryDisk()
  killed(disk, 'a', ['r1', 'r2'])
  killed(disk, 'b', ['r3'])
  expect(idsOf(disk)).toEqual(['r1', 'r2', 'r3'])
})

test('what has its record in the spool is not', () => {
  const disk = new MemoryDisk()
  killed(disk, 'a', ['r1', 'r2', 'r3', 'r4'])
  const segment = spooled(disk, 'a', [
    [{ id: 'r2' }],
    [
      { id: 'r3', atMs: 999 },
      { id: 'r4', index: 1 },
    ],
  ])
  // An id that a caller used again, and another attempt of the same request, are other events.
  expect(idsOf(disk, [segment])).toEqual(['r1', 'r3', 'r4'])
})

test('an attempt whose record is in the spool without that of its request is open with that record', () => {
  const disk = new MemoryDisk()
  const { journal, clock } = testJournal({ disk })
  for (const index of [1, 2]) journal.open(testIntent({ id: 'r1', index }))
  clock.advance(2)
  const segment = spooled(disk, 'a', [[{ id: 'r1', index: 1 }]])
  const { open } = leftoverIntents('/intents', [segment], disk)
  expect(open.map(({ attempt, isRecorded }) => [attempt.index, attempt.settlement, isRecorded])).toEqual([
    [1, undefined, true],
    [2, 'interrupted', false],
  ])
})

test('records whose ends are in the journal are not looked at', () => {
  const disk = new MemoryDisk()
  killed(disk, 'a', ['r1', 'r2'], 1)
  const segment = spooled(disk, 'a', [[{ id: 'r1' }], [{ id: 'r2' }]])
  expect(idsOf(disk, [segment])).toEqual(['r1'])
})

test('a life that settled them and was killed before it could remove the journal is found out', () => {
  const disk = new MemoryDisk()
  killed(disk, 'b', ['r1', 'r2'], 70)
  const later = spooled(disk, 'c', [[{ id: 'r1' }]])
  const earlier = spooled(disk, 'a', [[{ id: 'r2' }]])
  expect(idsOf(disk, [earlier, later])).toEqual(['r2'])
})

test('a file that was not whole when the process was killed changes nothing', () => {
  const disk = new MemoryDisk()
  killed(disk, 'a', ['r1', 'r2'])
  const whole = disk.files.get('/intents/a.00000001.intents')!
  for (let length = 0; length < whole.length; length += 5) {
    disk.files.set('/intents/a.00000002.intents', whole.subarray(0, length))
    expect(idsOf(disk)).toEqual(['r1', 'r2'])
  }
  disk.files.set('/intents/a.00000002.intents', whole)
  expect(idsOf(disk)).toEqual(['r1', 'r2'])
})

test('what cannot be read is told', () => {
  const disk = new MemoryDisk()
  killed(disk, 'a', ['r1'])
  const path = '/intents/a.00000001.intents'
  disk.files.set(path, Buffer.concat([disk.files.get(path)!, Buffer.alloc(100, 7)]))
  expect(leftoverIntents('/intents', [], disk)).toMatchObject({ unread: 100, open: [{ isRecorded: false }] })
})
