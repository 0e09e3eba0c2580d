// Seals tables of budgets: nobody else on the network can read what is spent, or write that nothing was.
import { done, fail } from '../../shared/result.ts'
import { decrypt, encrypt } from '../secrets/aead.ts'
import { firstOf, type KeyList } from '../secrets/master-keys.ts'
import type { LedgerStore } from './ledger-store.ts'

/** `budgetKeys` are the ones of `deriveKeys`, of each master key. */
export function sealLedgers(store: LedgerStore, ...budgetKeys: KeyList): LedgerStore {
  const [sealing] = budgetKeys
  return {
    async read(table) {
      const found = await store.read(table)
      const sealed = found.ok ? found.value.value : undefined
      if (!found.ok || sealed === undefined) return found
      const opened = firstOf(budgetKeys, (budgetKey) => decrypt(budgetKey, sealed, context(table)))
      if (opened !== undefined) return done({ value: opened, version: found.value.version })
      return fail({ type: 'unavailable', message: 'the budgets do not open: damaged, or of another master key' })
    },
    write: (table, value, version) => store.write(table, encrypt(sealing, value, context(table)), version),
    close: () => store.close(),
  }
}

function context(table: string): string {
  return `budgets v1 ${table}`
}
