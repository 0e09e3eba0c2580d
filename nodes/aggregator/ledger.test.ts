import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { subjects } from '../../cluster/bus/bus.ts'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { ManualClock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Notice } from '../../shared/notice.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { BatchWriter } from '../../shared/telemetry/codec.ts'
import { decodeStored } from '../../shared/telemetry/stored.ts'
import { Fold } from './fold.ts'
import { Ledger } from './ledger.ts'
import { openUsageDatabase } from './store/schema.ts'
import { UsageStore } from './store/usage-store.ts'

let dataDir: string
let bus: LocalBus
let ledger: Ledger
let diskFull: boolean
const clock = new ManualClock()
const notices: Notice[] = []
const confirmed: number[] = []

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'headgate-ledger-'))
  diskFull = false
  notices.length = 0
  confirmed.length = 0
  bus = new LocalBus()
  bus.subscribe(subjects.telemetryStored, (payload) => void confirmed.push(decodeStored(payload)!.sequence))
  const notify = (notice: Notice): void => void notices.push(notice)
  ledger = new Ledger({ openStore, fold: new Fold(clock), bus, clock, notify })
})

afterEach(() => {
  ledger.close()
  bus.close()
  rmSync(dataDir, { recursive: true, force: true })
})

test('while the disk is full nothing is confirmed, and once it is not all is counted once', async () => {
  fillDisk()
  for (let batch = 0; batch < 3; batch++) {
    ledger.take(batchOf(batch * 500 + 1, 500))
    ledger.commit()
  }
  await turn()
  expect(confirmed).toEqual([])
  expect(notices.map(({ type }) => type)).toEqual(['warning'])
  expect(ledger.pending).toHaveLength(3)

  diskFull = false
  ledger.commit()
  await turn()
  expect(confirmed).toEqual([1_500])
  expect(storedRequests()).toBe(1_500)
  expect(ledger.pending).toHaveLength(0)
})

test('while commits fail only so much is taken; the rest stays with its senders', () => {
  fillDisk()
  const bytesEach = batchOf(1, 2_000).length
  for (let batch = 0; batch * bytesEach < 2 * limits.aggregatorPendingBytesMax; batch++) {
    ledger.take(batchOf(batch * 2_000 + 1, 2_000))
  }
  const held = ledger.pending.reduce((sum, { bytes }) => sum + bytes.length, 0)
  expect(held).toBeLessThanOrEqual(limits.aggregatorPendingBytesMax + bytesEach)
  expect(held).toBeGreaterThan(limits.aggregatorPendingBytesMax / 2)
})

/** SQLite's own bound on the file stands for the disk's: the same error, `SQLITE_FULL`, from the same place. */
function fillDisk(): void {
  diskFull = true
  limitPages(ledger.store!)
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
  return Number(ledger.store!.database.prepare('SELECT total(requests) AS n FROM usage').get()?.['n'])
}

function batchOf(first: number, count: number): Uint8Array {
  const writer = new BatchWriter(Buffer.alloc(400_000))
  writer.begin({ node: 'proxy-1', epoch: 'boot-1', firstSequence: first })
  for (let i = 0; i < count; i++) {
    const requestId = `a-request-id-of-the-usual-length-${first + i}`
    writer.single(sampleRequest({ requestId, atMs: clock.wallMs() }), sampleAttempt())
  }
  return new Uint8Array(writer.bytes.subarray(0, writer.offset))
}

async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resume) => setImmediate(resume))
}
