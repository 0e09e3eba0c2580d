import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { hourMs } from '../../shared/telemetry/answers/usage-fields.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { BatchWriter } from '../../shared/telemetry/codec.ts'
import { usagePart } from './answers/usage.ts'
import { Folds } from './fold.ts'
import { recent } from './measures-of.ts'
import { openUsageStore } from './store/usage-store.ts'
import { UsageCommitter } from './usage-committer.ts'

const startMs = Date.UTC(2026, 4, 6, 7, 0, 0)

test('records that come up to five minutes late, out of order and again count once, in their own hour and window', () => {
  const lateMs = fc.array(fc.integer({ min: 0, max: 300_000 }), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(lateMs, fc.infiniteStream(fc.nat(99)), (list, chance) => {
      const folder = mkdtempSync(join(tmpdir(), 'headgate-late-'))
      const clock = new ManualClock(startMs + 60_000)
      const { committer, folds } = openLedger(folder, clock)
      const times = list.map((late) => clock.wallMs() - late)
      const batches = times.map((atMs, index) => ({ atMs, sequence: index + 1, luck: chance.next().value as number }))
      const sent = [...batches, ...batches.filter(({ luck }) => luck < 30)].sort((a, b) => (a.luck % 7) - (b.luck % 7))
      for (const { atMs, sequence, luck } of sent) {
        committer.take({ partition: 0, atMs: clock.wallMs(), bytes: batchOf(sequence, atMs) })
        if (luck < 10) committer.commit()
      }
      expect(hoursOf(committer, folds, clock)).toEqual(expectedHours(times))
      const window = recent(folds.among([0]), folds.slot()).distributions('total')[0]?.value.count ?? 0
      const firstSlot = Math.floor(clock.wallMs() / 10_000) - 5
      expect(window).toBe(times.filter((atMs) => Math.floor(atMs / 10_000) >= firstSlot).length)
      committer.close()
      rmSync(folder, { recursive: true, force: true })
    }),
    { numRuns: 25 },
  )
})

function openLedger(folder: string, clock: ManualClock) {
  const folds = new Folds({ clock })
  const openStore = () =>
    openUsageStore(
      { path: join(folder, 'usage.sqlite'), wallMs: clock.wallMs(), onAside: () => {} },
      { historyRowsMax: 1e6, historyDays: 7 },
    )
  const said = { ask: () => {}, onCommitted: () => {}, notify: () => {} }
  return { folds, committer: new UsageCommitter({ openStore, folds, clock, ...said }) }
}

function hoursOf(committer: UsageCommitter, folds: Folds, clock: ManualClock): [string, number][] {
  const unstored = [...folds.among([0])].map((fold) => fold.usage.cells())
  const sources = { unstored, store: committer.store, wallMs: clock.wallMs() }
  const part = usagePart({ type: 'usage', groupBy: ['hour'] }, [0], sources)
  return part.type === 'usage' ? part.rows.map(([[hour], [requests]]) => [hour!, Number(requests)]) : []
}

function expectedHours(times: readonly number[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const atMs of times) {
    const hour = new Date(Math.floor(atMs / hourMs) * hourMs).toISOString()
    counts.set(hour, (counts.get(hour) ?? 0) + 1)
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
}

function batchOf(sequence: number, atMs: number): Uint8Array {
  const writer = new BatchWriter(Buffer.alloc(4_000))
  writer.begin({ node: 'proxy-1', epoch: 'boot-1', firstSequence: sequence })
  writer.single(sampleRequest({ requestId: `${sequence}`, atMs }), sampleAttempt({ requestId: `${sequence}`, atMs }))
  return new Uint8Array(writer.bytes.subarray(0, writer.offset))
}
