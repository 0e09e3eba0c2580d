// Answers for some of the partitions that one aggregator keeps.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import { sampleAttempt, sampleRequest } from '../../../shared/telemetry/arbitrary-records.ts'
import { BatchWriter } from '../../../shared/telemetry/codec.ts'
import { Folds } from '../fold.ts'
import { recent, sinceStart } from '../measures-of.ts'
import { openUsageDatabase } from '../store/schema.ts'
import { UsageStore } from '../store/usage-store.ts'
import { UsageCommitter } from '../usage-committer.ts'
import { History } from './requests.ts'
import { usagePart } from './usage.ts'

let dataDir: string
let committer: UsageCommitter
let folds: Folds
const clock = new ManualClock()

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'headgate-partitions-'))
  folds = new Folds({ clock })
  const openStore = () =>
    new UsageStore(
      openUsageDatabase(join(dataDir, 'usage.sqlite'), 0, () => {}),
      { historyRowsMax: 1e6, historyDays: 7 },
    )
  committer = new UsageCommitter({ openStore, folds, clock, ask: () => {}, onCommitted: () => {}, notify: () => {} })
  for (let partition = 0; partition < 4; partition++) {
    for (let n = 0; n < 3; n++) {
      take(partition, `p${partition}-${n}`, 10 * n + partition)
      if (n === 1) committer.commit()
    }
  }
})

afterEach(() => {
  committer.close()
  rmSync(dataDir, { recursive: true, force: true })
})

test('usage, counts and latencies of some partitions add up to those of all', () => {
  expect([requests([0, 2]), requests([1, 3]), requests([0, 1, 2, 3]), requests([])]).toEqual([6, 6, 12, 0])
  const some = sinceStart(folds.among([0, 2]))
  some.add(sinceStart(folds.among([1, 3])))
  expect(some.counts('requests').map(({ value }) => value)).toEqual([12])
  expect(
    recent(folds.among([1]), folds.slot())
      .distributions('total')
      .map(({ value }) => value.count),
  ).toEqual([3])
})

test('the history of some partitions is one list, newest first, in memory and on disk', () => {
  const history = new History(() => committer)
  expect(idsOf(history, [1, 2])).toEqual(['p2-2', 'p1-2', 'p2-1', 'p1-1', 'p2-0', 'p1-0'])
  expect(history.find('p3-0', [3])).toMatchObject({ id: 'p3-0' })
  expect(history.find('p3-0', [0, 1, 2])).toBeUndefined()
})

function idsOf(history: History, partitions: number[]): string[] {
  const ids: string[] = []
  let before: string | undefined
  do {
    const query = { type: 'requests' as const, limit: 1, ...(before === undefined ? {} : { before }) }
    const page = history.page(query, partitions)
    if (!page.ok) throw new Error(page.error.problem)
    ids.push(...page.value.items.map(([, { id }]) => id))
    before = page.value.lookedTo
  } while (before !== undefined)
  return ids
}

function requests(partitions: number[]): unknown {
  const unstored = [...folds.among(partitions)].map((fold) => fold.usage.cells())
  const sources = { unstored, store: committer.store, wallMs: clock.wallMs() }
  const part = usagePart({ type: 'usage', groupBy: [] }, partitions, sources)
  return Number(part.type === 'usage' ? (part.rows[0]?.[1][0] ?? 0) : -1)
}

function take(partition: number, requestId: string, afterMs: number): void {
  const writer = new BatchWriter(Buffer.alloc(10_000))
  const atMs = clock.wallMs() + afterMs
  writer.begin({ node: `proxy-${partition}`, epoch: `boot-${requestId}`, firstSequence: 1 })
  writer.single(sampleRequest({ requestId, atMs }), sampleAttempt({ requestId, atMs }))
  committer.take({ partition, bytes: new Uint8Array(writer.bytes.subarray(0, writer.offset)), atMs })
}
