import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bounds } from '../../shared/bounds.ts'
import { ManualClock } from '../../shared/clock.ts'
import type { Notice } from '../../shared/notice.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { BatchWriter } from '../../shared/telemetry/codec.ts'
import type { DecodedRecord } from '../../shared/telemetry/decode.ts'
import type { Stored } from '../../shared/telemetry/stored.ts'
import { Folds } from './fold.ts'
import { openUsageDatabase } from './store/schema.ts'
import { UsageStore } from './store/usage-store.ts'
import type { Tally } from './transactional-sum.ts'
import { UsageCommitter } from './usage-committer.ts'

let dataDir: string
let committer: UsageCommitter
let diskFull: boolean
const clock = new ManualClock()
const notices: Notice[] = []
const told: Stored[] = []
let tally: CountingTally
let anew: number

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'headgate-committer-'))
  diskFull = false
  notices.length = 0
  told.length = 0
  tally = new CountingTally()
  committer = boot()
})

afterEach(() => {
  committer.close()
  rmSync(dataDir, { recursive: true, force: true })
})

test('while the disk is full nothing is confirmed, and once it is not all is counted once', () => {
  fillDisk()
  for (let batch = 0; batch < 3; batch++) {
    take(batchOf(batch * 500 + 1, 500))
    committer.commit()
  }
  expect(told).toEqual([])
  expect(notices.map(({ type }) => type)).toEqual(['warning'])
  expect(committer.pending).toHaveLength(3)

  diskFull = false
  committer.commit()
  expect(told.map(({ sequence }) => sequence)).toEqual([1_500])
  expect(storedRequests()).toBe(1_500)
  expect(tally.stored()).toBe(1_500)
  expect(committer.pending).toHaveLength(0)
})

test('while commits fail only so much is taken; the rest stays with its senders', () => {
  fillDisk()
  const bytesEach = batchOf(1, 500, 'x'.repeat(500)).length
  for (let batch = 0; batch * bytesEach < 2 * bounds.aggregatorPendingBytesMax; batch++) {
    take(batchOf(batch * 500 + 1, 500, 'x'.repeat(500)))
  }
  const held = committer.pending.reduce((sum, { bytes }) => sum + bytes.length, 0)
  expect(held).toBeLessThanOrEqual(bounds.aggregatorPendingBytesMax + bytesEach)
  expect(held).toBeGreaterThan(bounds.aggregatorPendingBytesMax / 2)
})

test('a batch is counted whatever is missing before it; what is missing is asked for and holds back the confirmation', () => {
  take(batchOf(1, 3))
  take(batchOf(6, 2))
  expect(told).toEqual([{ node: 'proxy-1', epoch: 'boot-1', sequence: 0, gap: true }])
  committer.commit()
  expect([told.at(-1)?.sequence, storedRequests()]).toEqual([3, 5])
  committer.close()
  committer = boot()
  take(batchOf(4, 2))
  take(batchOf(6, 2))
  committer.commit()
  expect([told.at(-1)?.sequence, storedRequests()]).toEqual([7, 7])
})

test('how far a stream was read is committed with what was read, and a further sum with both', () => {
  const position = { partition: 5, sequence: 41, storedAtMs: 7, streamCreated: 'monday', completeSinceMs: 3 }
  take(batchOf(1, 500), 5)
  committer.moveTo(position)
  fillDisk()
  committer.commit()
  diskFull = false
  tally = new CountingTally()
  committer = boot()
  expect([committer.position(5), storedRequests(), tally.stored()]).toEqual([undefined, 0, 0])
  take(batchOf(1, 500), 5)
  committer.moveTo(position)
  committer.commit()
  committer.close()
  committer = boot()
  expect([committer.position(5), storedRequests(), tally.stored()]).toEqual([position, 500, 500])
})

test('a database that disappeared begins anew, and all that is sent again counts once', () => {
  take(batchOf(1, 10))
  committer.commit()
  fillDisk()
  take(batchOf(11, 500))
  committer.commit()
  diskFull = false
  rmSync(join(dataDir, 'usage.sqlite'))
  committer.commit()
  expect([storedRequests(), anew]).toEqual([0, 1])
  take(batchOf(1, 10))
  take(batchOf(11, 500))
  committer.commit()
  expect([storedRequests(), tally.stored()]).toEqual([510, 510])
})

function boot(): UsageCommitter {
  const notify = (notice: Notice): void => void notices.push(notice)
  const tallies = [tally]
  anew = 0
  return new UsageCommitter({
    openStore,
    folds: new Folds({ clock, tallies }),
    tallies,
    clock,
    notify,
    ask: (stored) => void told.push(stored),
    onCommitted: (sources) =>
      void told.push(...sources.map(({ node, epoch, sequence }) => ({ node, epoch, sequence, gap: false }))),
    onAnew: () => void anew++,
  })
}

function take(bytes: Uint8Array, partition = 0): void {
  committer.take({ partition, bytes, atMs: clock.wallMs() })
}

/** The smallest further sum: how many requests there were. */
class CountingTally implements Tally {
  #database: DatabaseSync | undefined
  #waiting = 0

  open(database: DatabaseSync): void {
    this.#database = database
    database.exec('CREATE TABLE IF NOT EXISTS tally (requests INTEGER NOT NULL) STRICT')
  }

  add(_partition: number, entry: DecodedRecord): void {
    if (entry.type === 'request') this.#waiting++
  }

  write(): void {
    this.#database!.prepare('INSERT INTO tally VALUES (?)').run(this.#waiting)
  }

  committed(): void {
    this.#waiting = 0
  }

  forget(): void {
    this.#waiting = 0
  }

  stored(): number {
    return Number(this.#database!.prepare('SELECT total(requests) AS n FROM tally').get()?.['n'])
  }
}

/** SQLite's own bound on the file stands for the disk's: the same error, `SQLITE_FULL`, from the same place. */
function fillDisk(): void {
  diskFull = true
  limitPages(committer.store!)
}

function openStore(): UsageStore {
  const database = openUsageDatabase(join(dataDir, 'usage.sqlite'), clock.wallMs(), () => {})
  const store = new UsageStore(database, { historyRowsMax: 1e6, historyDays: 7 })
  if (diskFull) limitPages(store)
  return store
}

function limitPages(store: UsageStore): void {
  store.database.exec('PRAGMA max_page_count = 1')
}

function storedRequests(): number {
  return Number(committer.store!.database.prepare('SELECT total(requests) AS n FROM usage').get()?.['n'])
}

function batchOf(first: number, count: number, prefix = 'a-request-id-of-the-usual-length'): Uint8Array {
  const writer = new BatchWriter(Buffer.alloc(400_000))
  writer.begin({ node: 'proxy-1', epoch: 'boot-1', firstSequence: first })
  for (let i = 0; i < count; i++) {
    const requestId = `${prefix}-${first + i}`
    writer.single(sampleRequest({ requestId, atMs: clock.wallMs() }), sampleAttempt())
  }
  return new Uint8Array(writer.bytes.subarray(0, writer.offset))
}
