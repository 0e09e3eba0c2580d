// What the events of a commit add to the sums by quarter of an hour and owner.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StoredEvent } from './chain.ts'
import { bookedQuarterOf, type MonthClose, quarterOf } from './months.ts'

interface Sum {
  readonly partition: number
  readonly quarter: number
  readonly owner: number
  /** 0: the events belong to the month of `quarter`. */
  readonly bookedQuarter: number
  events: number
  costNanoUsd: bigint
  savedNanoUsd: bigint
}

type Amount = Pick<StoredEvent, 'atMs' | 'bookedMs' | 'costNanoUsd' | 'savedNanoUsd'>

export class LedgerSums {
  readonly #add: StatementSync
  readonly #tail: StatementSync
  readonly #prune: StatementSync
  readonly #sums = new Map<string, Sum>()

  constructor(database: DatabaseSync) {
    this.#add = database.prepare(`
      INSERT INTO ledgerSum (partition, quarter, owner, bookedQuarter, events, costNanoUsd, savedNanoUsd)
      VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET events = events + excluded.events,
        costNanoUsd = costNanoUsd + excluded.costNanoUsd, savedNanoUsd = savedNanoUsd + excluded.savedNanoUsd`)
    this.#tail = database.prepare(`
      SELECT atMs, bookedMs, owner, kind, costNanoUsd, savedNanoUsd FROM ledger WHERE partition = ? ORDER BY sequence DESC`)
    this.#tail.setReadBigInts(true)
    this.#prune = database.prepare(`
      DELETE FROM ledgerSum WHERE (partition, quarter, owner, bookedQuarter) IN
        (SELECT partition, quarter, owner, bookedQuarter FROM ledgerSum
         WHERE partition = ? AND quarter < ? AND bookedQuarter < ? LIMIT 5000)`)
  }

  add(partition: number, owner: number, event: Amount, closes: readonly MonthClose[]): void {
    this.#put({ partition, owner, event, bookedQuarter: bookedQuarterOf(closes, event) }, 1)
  }

  /** Moves events of a month that were booked after it was cut to the month in which they were booked. */
  move(partition: number, close: MonthClose): void {
    for (const row of this.#tail.iterate(partition)) {
      const [atMs, bookedMs] = [Number(row['atMs']), Number(row['bookedMs'])]
      if (bookedMs < close.cutMs) break
      const bookedQuarter = bookedQuarterOf([close], { atMs, bookedMs })
      if (bookedQuarter === 0 || row['kind'] === monthCloseKind) continue
      const [costNanoUsd, savedNanoUsd] = [BigInt(row['costNanoUsd'] as bigint), BigInt(row['savedNanoUsd'] as bigint)]
      const moved = { partition, owner: Number(row['owner']), event: { atMs, bookedMs, costNanoUsd, savedNanoUsd } }
      this.#put({ ...moved, bookedQuarter: 0 }, -1)
      this.#put({ ...moved, bookedQuarter }, 1)
    }
  }

  write(): void {
    for (const { partition, quarter, owner, bookedQuarter, events, costNanoUsd, savedNanoUsd } of this.#sums.values()) {
      this.#add.run(partition, quarter, owner, bookedQuarter, events, costNanoUsd, savedNanoUsd)
    }
    this.#sums.clear()
  }

  /** Forgets what a transaction that failed has added. */
  clear(): void {
    this.#sums.clear()
  }

  /** A slice of the sums from before a time. */
  prune(partition: number, beforeMs: number): void {
    const quarter = quarterOf(beforeMs)
    this.#prune.run(partition, quarter, quarter)
  }

  #put(
    {
      partition,
      owner,
      event,
      bookedQuarter,
    }: { partition: number; owner: number; event: Amount; bookedQuarter: number },
    sign: 1 | -1,
  ): void {
    const quarter = quarterOf(event.atMs)
    const name = `${partition} ${quarter} ${owner} ${bookedQuarter}`
    const known = this.#sums.get(name)
    const sum = known ?? { partition, quarter, owner, bookedQuarter, events: 0, costNanoUsd: 0n, savedNanoUsd: 0n }
    if (known === undefined) this.#sums.set(name, sum)
    sum.events += sign
    sum.costNanoUsd += BigInt(sign) * event.costNanoUsd
    sum.savedNanoUsd += BigInt(sign) * event.savedNanoUsd
  }
}

/** The place of `month-close` among the kinds. */
const monthCloseKind = 2n
