// Seals tables of budgets: nobody else on the network can read what is spent, or write that nothing was.
import { done, fail } from '../../shared/result.ts'
import { decrypt, encrypt } from '../secrets/aead.ts'
import type { LedgerStore } from './ledger-store.ts'

/** `budgetKey` is the one of `deriveKeys`. */
export function sealLedgers(store: LedgerStore, budgetKey: Uint8Array): LedgerStore {
  return {
    async read(table) {
      const found = await store.read(table)
      if (!found.ok || found.value.value === undefined) return found
      const opened = decrypt(budgetKey, found.value.value, context(table))
      if (opened !== undefined) return done({ value: opened, version: found.value.version })
      return fail({ type: 'unavailable', message: 'the budgets do not open: damaged, or of another master key' })
    },
    write: (table, value, version) => store.write(table, encrypt(budgetKey, value, context(table)), version),
    close: () => store.close(),
  }
}

function context(table: string): string {
  return `budgets v1 ${table}`
}
