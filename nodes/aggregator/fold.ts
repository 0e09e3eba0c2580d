// What the aggregator knows of one partition in memory: sums that wait for the next commit, and distributions and counts
// since start. Partitions are never mixed, because another aggregator may answer for some of them.

import { bounds } from '../../shared/bounds.ts'
import type { Clock } from '../../shared/clock.ts'
import type { DecodedRecord, DecodedRequest } from '../../shared/telemetry/decode.ts'
import type { Charged } from './ledger/charged.ts'
import type { BookedPartition, Ledger } from './ledger/ledger.ts'
import { CountsFold, LabelNames } from './rollup/counts.ts'
import { LatencyFold } from './rollup/latency.ts'
import { RowsLeft } from './rollup/rows-left.ts'
import { slotMs } from './rollup/sliding-sketch.ts'
import { NamesOfDay } from './rollup/summed-names.ts'
import { UsageFold } from './rollup/usage.ts'
import type { Tally } from './transactional-sum.ts'

const noLedger: BookedPartition = { takeRequest: () => ({ type: 'whole' }), takeAttempt: () => {} }

export class Fold {
  readonly usage = new UsageFold()
  readonly latency: LatencyFold
  readonly counts: CountsFold
  readonly names: LabelNames
  readonly namesOfDay: NamesOfDay

  constructor(shared: { latencyRows: RowsLeft; countsRows: RowsLeft; names: LabelNames; namesPerKeyMax: number }) {
    this.names = shared.names
    this.namesOfDay = new NamesOfDay(shared.namesPerKeyMax, shared.names)
    this.latency = new LatencyFold(new RowsLeft(bounds.telemetryTargetsMax, shared.latencyRows))
    this.counts = new CountsFold(shared.names, new RowsLeft(bounds.telemetryTargetsMax, shared.countsRows))
  }

  /** Returns how many requests were among them. */
  add(records: readonly DecodedRecord[], newestSlot: number, ledger: BookedPartition): number {
    let requests = 0
    for (const entry of records) {
      // A sender whose clock is ahead must not close our slots early.
      const slot = Math.min(newestSlot, Math.max(0, Math.floor(entry.record.atMs / slotMs)))
      if (entry.type === 'attempt') {
        ledger.takeAttempt(entry.record)
        this.latency.addAttempt(entry.record, slot)
        this.counts.addAttempt(entry.record)
        continue
      }
      requests++
      this.addRequest(entry, ledger)
      this.latency.addRequest(entry, slot)
      if (entry.attempt !== undefined) this.latency.addAttempt(entry.attempt, slot)
    }
    return requests
  }

  addRequest(entry: DecodedRequest, ledger: Pick<BookedPartition, 'takeRequest'>): void {
    const names = this.namesOfDay.of(entry.record)
    const charged = ledger.takeRequest(entry, names.user)
    if (charged.type === 'nothing') return
    if (charged.type === 'whole') this.usage.add(entry, names)
    else this.usage.put(entry, names, charged)
    this.counts.add(countedOnce(entry, charged))
  }
}

/** Counters never go back, so of a correction they have what it adds. */
function countedOnce(entry: DecodedRequest, charged: Charged): DecodedRequest {
  if (charged.type !== 'instead') return entry
  const { costNanoUsd, savedNanoUsd } = charged
  return { ...entry, record: { ...entry.record, costNanoUsd, savedNanoUsd } }
}

export interface FoldsOptions {
  readonly clock: Clock
  readonly tallies?: readonly Tally[]
  readonly namesPerKeyMax?: number | undefined
  /** Absent: usage has what the records say. */
  readonly ledger?: Pick<Ledger, 'in' | 'orphans'>
}

export class Folds {
  readonly #options: FoldsOptions
  readonly #folds = new Map<number, Fold>()
  /** Names that may be labels are the same everywhere, and the bounds hold for all partitions together. */
  readonly names = new LabelNames(bounds.telemetryTargetsMax)
  readonly #latencyRows = new RowsLeft(bounds.telemetryRowsMax)
  readonly #countsRows = new RowsLeft(bounds.telemetryRowsMax)

  constructor(options: FoldsOptions) {
    this.#options = options
  }

  add(partition: number, records: readonly DecodedRecord[], arrivedMs: number): number {
    const { tallies = [], ledger } = this.#options
    for (const tally of tallies) for (const entry of records) tally.add(partition, entry)
    return this.of(partition).add(records, this.slot(), ledger?.in(partition, arrivedMs) ?? noLedger)
  }

  /** Counts requests whose own records are lost by their attempts. */
  addOrphans(): void {
    const { ledger, clock } = this.#options
    for (const { partition, request, take } of ledger?.orphans(clock.wallMs()) ?? []) {
      this.of(partition).addRequest(request, { takeRequest: (_, summedUser) => take(summedUser) })
    }
  }

  of(partition: number): Fold {
    const known = this.#folds.get(partition)
    if (known !== undefined) return known
    const fold = new Fold({
      latencyRows: this.#latencyRows,
      countsRows: this.#countsRows,
      names: this.names,
      namesPerKeyMax: this.#options.namesPerKeyMax ?? Number.POSITIVE_INFINITY,
    })
    this.#folds.set(partition, fold)
    return fold
  }

  /** Folds of the given partitions, as far as they exist. */
  *among(partitions: readonly number[]): Generator<Fold, void> {
    for (const partition of partitions) {
      const fold = this.#folds.get(partition)
      if (fold !== undefined) yield fold
    }
  }

  *entries(): Generator<[partition: number, Fold], void> {
    yield* this.#folds
  }

  /** Usage cells that wait for the next commit. */
  get usageSize(): number {
    let size = 0
    for (const fold of this.#folds.values()) size += fold.usage.size
    return size
  }

  slot(): number {
    return Math.floor(this.#options.clock.wallMs() / slotMs)
  }
}
