// Reads tables of budgets.
import { done, fail, type Result } from '../../shared/result.ts'
import type { Ledger } from './ledger.ts'
import type { LedgerStore, LedgerTrouble } from './ledger-store.ts'
import { type LedgerKey, LedgerTable, tableCount } from './ledger-table.ts'

export async function readTable(
  store: LedgerStore,
  name: string,
): Promise<Result<{ table: LedgerTable; version: number }, LedgerTrouble>> {
  const found = await store.read(name)
  if (!found.ok) return found
  const { value, version } = found.value
  const table = value === undefined ? new LedgerTable() : LedgerTable.decode(value)
  if (table === undefined) return fail({ type: 'unavailable', message: 'the budgets are of a newer release' })
  return done({ table, version })
}

/** Every ledger of a store. */
export async function ledgersOf(store: LedgerStore): Promise<Result<[LedgerKey, Ledger][], LedgerTrouble>> {
  const names = Array.from({ length: tableCount }, (_, index) => String(index))
  const tables = await Promise.all(names.map((name) => readTable(store, name)))
  const all: [LedgerKey, Ledger][] = []
  for (const found of tables) {
    if (!found.ok) return found
    all.push(...found.value.table.entries())
  }
  return done(all)
}
