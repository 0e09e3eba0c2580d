import { done, fail } from '../../shared/result.ts'
import type { LedgerStore } from './ledger-store.ts'

/** Tables of one process, for tests. Several registers may share `rows`. */
export function memoryLedgerStore(rows = new Map<string, { value: Uint8Array; version: number }>()): LedgerStore {
  return {
    read: async (table) => done(rows.get(table) ?? { value: undefined, version: 0 }),
    write: async (table, value, version) => {
      if ((rows.get(table)?.version ?? 0) !== version) return fail({ type: 'refused' })
      rows.set(table, { value, version: version + 1 })
      return done(version + 1)
    },
    close: async () => {},
  }
}
