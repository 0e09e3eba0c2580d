// Tells the operator, at most once a minute, why budgets cannot be read or written. Callers learn only that they cannot.
import type { Clock } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import type { LedgerStore } from './ledger-store.ts'

const pauseMs = 60_000

export function announceLedgers(store: LedgerStore, { clock, notify }: { clock: Clock; notify: Notify }): LedgerStore {
  let toldMs = Number.NEGATIVE_INFINITY
  const tell = (message: string) => {
    if (clock.monotonicMs() - toldMs < pauseMs) return
    toldMs = clock.monotonicMs()
    notify({ type: 'budgets-troubled', message })
  }
  return {
    async read(table) {
      const found = await store.read(table)
      if (!found.ok) tell(found.error.message)
      return found
    },
    async write(table, value, version) {
      const written = await store.write(table, value, version)
      if (!written.ok && written.error.type === 'unavailable') tell(written.error.message)
      return written
    },
    close: () => store.close(),
  }
}
