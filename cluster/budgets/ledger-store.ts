// The port of the store of budgets: values under the names of tables, each replaced only by somebody who knows the last one.
// JetStream implements it in a cluster, SQLite in a single process, memory in tests; all pass `ledger-store-contract.ts`.
import type { Result } from '../../shared/result.ts'

export interface StoredTable {
  readonly value: Uint8Array | undefined
  /** What a write of the table expects. */
  readonly version: number
}

export interface LedgerStore {
  /** Reads what was written last. */
  read(table: string): Promise<Result<StoredTable, LedgerTrouble>>
  /** Writes a table that is still of the expected version, durably, and returns its new version. It may refuse although nobody
   *  wrote this table: then a read and another try succeed. */
  write(table: string, value: Uint8Array, version: number): Promise<Result<number, LedgerRefusal | LedgerTrouble>>
  close(): Promise<void>
}

/** `no-answer`: the value may have been stored, or may still be. */
export type LedgerRefusal = { readonly type: 'refused' | 'no-answer' }

/** The store did not answer, and nothing was written. */
export type LedgerTrouble = { readonly type: 'unavailable'; readonly message: string }
