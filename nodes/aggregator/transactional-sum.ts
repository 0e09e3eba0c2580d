// A further sum beside usage, kept per partition: what it keeps on disk changes in the same transaction as usage and as
// what was taken from whom. So it counts each record exactly once as well, whatever dies.
import type { DatabaseSync } from 'node:sqlite'
import type { DecodedRecord } from '../../shared/telemetry/decode.ts'

export interface Transactional {
  /** Called first with each newly opened database. Creates its tables, reads its data and keeps the handle. */
  open(database: DatabaseSync): void
  /** Something waits for a commit, whether records came or not. */
  readonly isDue?: boolean
  /** Writes what was added since the last commit, inside the transaction of this one. Throws what SQLite throws. */
  write(wallMs: number): void
  /** The transaction is durable: what was written need not be held any more. When it failed, `write` comes again. */
  committed(): void
  /** Forgets what was added and not written: it comes again. */
  forget(): void
}

export interface Tally extends Transactional {
  /** A record that was never counted before. */
  add(partition: number, entry: DecodedRecord): void
}
