// The counts of objectives in `usage.sqlite`, as fine as a window of their age can still see: slots of ten seconds become
// minutes, then hours, then go. Each commit rolls up a slice, so that none is ever slow.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { SloCell } from './slo-fold.ts'
import { tiers, widthOfAge } from './slo-series.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS slo (
    partition INTEGER NOT NULL, series TEXT NOT NULL, widthMs INTEGER NOT NULL, slot INTEGER NOT NULL,
    good INTEGER NOT NULL, total INTEGER NOT NULL,
    PRIMARY KEY (partition, series, widthMs, slot)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sloByAge ON slo (widthMs, slot);
`
/** The most rows that one commit rolls up: more than the 160 that any configuration adds in ten seconds. */
const rolledUpMax = 500

export class SloStore {
  readonly #add: StatementSync
  readonly #of: StatementSync
  readonly #old: StatementSync
  readonly #delete: StatementSync
  readonly #partitions: StatementSync

  constructor(database: DatabaseSync) {
    database.exec(schema)
    this.#add = database.prepare(`
      INSERT INTO slo (partition, series, widthMs, slot, good, total) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (partition, series, widthMs, slot) DO UPDATE SET good = good + excluded.good, total = total + excluded.total`)
    this.#of = database.prepare('SELECT widthMs, slot, good, total FROM slo WHERE partition = ? AND series = ?')
    this.#old = database.prepare(
      'SELECT partition, series, slot, good, total FROM slo WHERE widthMs = ? AND slot < ? ORDER BY slot LIMIT ?',
    )
    this.#delete = database.prepare('DELETE FROM slo WHERE partition = ? AND series = ? AND widthMs = ? AND slot = ?')
    this.#partitions = database.prepare('SELECT DISTINCT partition FROM slo')
  }

  partitions(): number[] {
    return this.#partitions.all().map((row) => Number(row['partition']))
  }

  *cells(partition: number, series: string): Generator<SloCell, void> {
    for (const row of this.#of.iterate(partition, series)) {
      const { widthMs, slot, good, total } = row
      yield { series, widthMs: Number(widthMs), slot: Number(slot), good: Number(good), total: Number(total) }
    }
  }

  /** Inside a transaction. */
  write(partition: number, changes: Iterable<SloCell>, wallMs: number): void {
    for (const { series, widthMs, slot, good, total } of changes) {
      const atMs = slot * widthMs
      const width = Math.max(widthMs, widthOfAge(wallMs - atMs))
      this.#add.run(partition, series, width, Math.floor(atMs / width), good, total)
    }
  }

  /** Inside a transaction: a slice of what has grown too old for its width. */
  rollUp(wallMs: number): void {
    for (const [index, { widthMs, windowMsMax }] of tiers.entries()) {
      const wider = tiers[index + 1]?.widthMs
      const before = Math.floor((wallMs - windowMsMax) / widthMs) - 1
      for (const row of this.#old.all(widthMs, before, rolledUpMax)) {
        const { partition, series, slot, good, total } = row
        this.#delete.run(partition!, series!, widthMs, slot!)
        if (wider === undefined) continue
        this.#add.run(partition!, series!, wider, Math.floor((Number(slot) * widthMs) / wider), good!, total!)
      }
    }
  }
}
