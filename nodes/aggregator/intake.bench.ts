// Run it by hand: node --import ./scripts/strip-types.mjs nodes/aggregator/intake.bench.ts
// Records a second on one core, from the bytes of a batch to sums on disk: decoded, taken once, folded, committed. Each
// record is a request with its attempt, over many keys, models and targets.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../shared/clock.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { decodeBatch } from '../../shared/telemetry/batch.ts'
import { BatchWriter } from '../../shared/telemetry/codec.ts'
import { Folds } from './fold.ts'
import { SloTally } from './slo/slo-tally.ts'
import { openUsageDatabase } from './store/schema.ts'
import { UsageStore } from './store/usage-store.ts'
import type { Tally } from './transactional-sum.ts'
import { UsageCommitter } from './usage-committer.ts'
import { TargetTally } from './weights/target-tally.ts'

const recordsPerBatch = 1_000
const batches = 100
const rounds = 5

function batchOf(number: number): Uint8Array {
  const writer = new BatchWriter(Buffer.alloc(1 << 20))
  writer.begin({ node: 'proxy-1', epoch: 'boot-1', firstSequence: number * recordsPerBatch + 1 })
  for (let i = 0; i < recordsPerBatch; i++) {
    const n = number * recordsPerBatch + i
    const paid = {
      requestId: `01K9ABCDEFGHJKMNPQRSTV${String(n).padStart(7, '0')}`,
      atMs: systemClock.wallMs(),
      model: `model-${n % 20}`,
      tokens: { input: n % 997, output: n % 313, cached: 0 },
    }
    const times = { totalUs: 1_000 + ((n * 7_919) % 5_000_000), ttftUs: 500 + ((n * 104_729) % 900_000) }
    const request = sampleRequest({ ...paid, ...times, keyId: `key-${n % 200}`, team: `team-${n % 20}`, stream: true })
    writer.single(request, sampleAttempt({ ...paid, ...times, stream: true, target: `target-${n % 40}` }))
  }
  return new Uint8Array(writer.bytes.subarray(0, writer.offset))
}

function ledgerIn(folder: string, tallies: readonly Tally[]): UsageCommitter {
  const openStore = () =>
    new UsageStore(
      openUsageDatabase(join(folder, 'usage.sqlite'), 0, () => {}),
      { historyRowsMax: 1e6, historyDays: 7 },
    )
  const folds = new Folds({ clock: systemClock, tallies })
  const said = { ask: () => {}, onCommitted: () => {}, notify: () => {} }
  return new UsageCommitter({ openStore, folds, tallies, clock: systemClock, ...said })
}

function measured(name: string, run: () => void, prepare: () => void = () => {}): void {
  let best = 0
  for (let round = 0; round < rounds; round++) {
    prepare()
    const startedMs = performance.now()
    run()
    best = Math.max(best, (batches * recordsPerBatch) / ((performance.now() - startedMs) / 1_000))
  }
  process.stdout.write(`${name.padEnd(44)} ${Math.round(best / 1_000)} k records/s\n`)
}

const all = Array.from({ length: batches }, (_, number) => batchOf(number))
const folders: string[] = []
let committer: UsageCommitter | undefined

function fresh(tallies: readonly Tally[]): void {
  committer?.close()
  const folder = mkdtempSync(join(tmpdir(), 'headgate-intake-'))
  folders.push(folder)
  committer = ledgerIn(folder, tallies)
}

function take(): void {
  for (const bytes of all) committer?.take({ partition: 3, bytes, atMs: systemClock.wallMs() })
  committer?.commit()
}

measured('decoded', () => all.forEach((bytes) => void decodeBatch(bytes)))
const decoded = all.map((bytes) => {
  const batch = decodeBatch(bytes)
  return batch.ok ? batch.value.records.filter((record) => record !== undefined) : []
})
let folds = new Folds({ clock: systemClock })
measured(
  'folded',
  () => decoded.forEach((records) => void folds.add(3, records, 0)),
  () => {
    folds = new Folds({ clock: systemClock })
  },
)
measured('decoded, folded and committed', take, () => fresh([]))
const tallies = (): Tally[] => [new SloTally(systemClock), new TargetTally(systemClock)]
measured('… with objectives and weights (none set)', take, () => fresh(tallies()))
committer?.close()
for (const folder of folders) rmSync(folder, { recursive: true, force: true })
