// The register of a process: on its store, served to its other threads, with what it has to tell.
import type { Clock } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import { type Bus, encodeJson, subjects } from '../bus/bus.ts'
import { keysFor, type MasterKeys } from '../secrets/master-keys.ts'
import { announceLedgers } from './announced-ledgers.ts'
import { type LedgerList, serveRegister } from './bus-register.ts'
import type { LedgerStore } from './ledger-store.ts'
import { type BudgetAlert, BudgetRegister } from './register.ts'
import { sealLedgers } from './sealed-ledgers.ts'

export interface OpenRegisterOptions {
  readonly store: LedgerStore
  readonly masterKeys: MasterKeys
  readonly bus: Bus
  readonly clock: Clock
  readonly notify: Notify
}

const nanoPerUsd = 1e9

export function openRegister({ masterKeys, bus, clock, notify, ...given }: OpenRegisterOptions): {
  ledgers(): Promise<LedgerList>
  close(): Promise<void>
} {
  const sealed = sealLedgers(given.store, ...keysFor('budgetKey', masterKeys))
  const store = announceLedgers(sealed, { clock, notify })
  const register = new BudgetRegister({
    store,
    clock,
    onAlert(alert) {
      notify(noticeOf(alert))
      bus.publish(subjects.budgetAlert, encodeJson(alert))
    },
    onShort: (key) => bus.publish(subjects.budgetRecall, encodeJson(key)),
  })
  const serving = serveRegister(bus, register)
  return {
    ledgers: () => register.ledgers(),
    close() {
      serving.stop()
      return store.close()
    },
  }
}

function noticeOf({ budget, threshold, settled, cap, windowEndMs }: BudgetAlert) {
  const amounts = { spentUsd: settled / nanoPerUsd, limitUsd: cap / nanoPerUsd }
  return { type: 'budget-alert', budget, threshold, ...amounts, resetsAt: new Date(windowEndMs).toISOString() } as const
}
