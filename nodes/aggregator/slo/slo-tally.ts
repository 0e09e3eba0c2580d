// The counts of all objectives, per partition: in memory for the answers of each second, in `usage.sqlite` in the same
// transaction as usage, so that they count each record exactly once and outlive whoever dies.
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../../shared/clock.ts'
import type { DecodedRecord } from '../../../shared/telemetry/decode.ts'
import type { Tally } from '../transactional-sum.ts'
import type { Objective } from './objective.ts'
import { SloFold } from './slo-fold.ts'
import { SloStore } from './slo-store.ts'
import type { SloCounts } from './slot-ring.ts'

export class SloTally implements Tally {
  readonly #clock: Clock
  readonly #folds = new Map<number, SloFold>()
  #objectives: readonly Objective[] = []
  #store: SloStore | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get objectives(): readonly Objective[] {
    return this.#objectives
  }

  open(database: DatabaseSync): void {
    this.#store = new SloStore(database)
    // A partition that is silent now has a past all the same.
    for (const partition of this.#store.partitions()) this.#fold(partition)
  }

  setObjectives(objectives: readonly Objective[]): void {
    this.#objectives = objectives
    for (const [partition, fold] of this.#folds) this.#teach(partition, fold)
  }

  add(partition: number, entry: DecodedRecord): void {
    this.#fold(partition).add(entry, this.#clock.wallMs())
  }

  write(wallMs: number): void {
    for (const [partition, fold] of this.#folds) this.#store?.write(partition, fold.changes(), wallMs)
    this.#store?.rollUp(wallMs)
  }

  committed(): void {
    for (const fold of this.#folds.values()) fold.committed()
  }

  /** The database was lost: what it still has is all there is, and what others hold comes again. */
  forget(): void {
    this.#folds.clear()
    for (const partition of this.#store?.partitions() ?? []) this.#fold(partition)
  }

  /** Partitions of which anything is known. */
  partitions(): number[] {
    return [...this.#folds.keys()].sort((a, b) => a - b)
  }

  sum(partition: number, series: string, nowMs: number, windowMs: number): SloCounts {
    return this.#folds.get(partition)?.sum(series, nowMs, windowMs) ?? { good: 0, total: 0 }
  }

  #fold(partition: number): SloFold {
    const known = this.#folds.get(partition)
    if (known !== undefined) return known
    const fold = new SloFold()
    this.#folds.set(partition, fold)
    this.#teach(partition, fold)
    return fold
  }

  #teach(partition: number, fold: SloFold): void {
    fold.setObjectives(this.#objectives, (series) => this.#store?.cells(partition, series) ?? [])
  }
}
