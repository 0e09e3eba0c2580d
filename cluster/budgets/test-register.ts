// A register in memory, served on a bus, as tests of holders need it.
import type { Clock } from '../../shared/clock.ts'
import { encodeJson, subjects } from '../bus/bus.ts'
import { LocalBus } from '../bus/local-bus.ts'
import { serveRegister } from './bus-register.ts'
import { standingOf } from './ledger.ts'
import type { LedgerStore } from './ledger-store.ts'
import { memoryLedgerStore } from './memory-ledger-store.ts'
import { type BudgetAlert, BudgetRegister } from './register.ts'

export class TestRegister {
  readonly alerts: BudgetAlert[] = []
  readonly register: BudgetRegister
  readonly #buses: LocalBus[] = []
  #serving: { stop(): void }[] = []

  constructor(clock: Clock, store: LedgerStore = memoryLedgerStore()) {
    this.register = new BudgetRegister({
      store,
      clock,
      onAlert: (alert) => void this.alerts.push(alert),
      onShort: (key) => {
        for (const bus of this.#buses) bus.publish(subjects.budgetRecall, encodeJson(key))
      },
    })
  }

  /** The bus of one more process. */
  bus(): LocalBus {
    const bus = new LocalBus()
    this.#buses.push(bus)
    this.#serving.push(serveRegister(bus, this.register))
    return bus
  }

  /** Stops the register: from now on nobody answers its subjects. */
  leave(): void {
    for (const one of this.#serving) one.stop()
    this.#serving = []
  }

  return(): void {
    this.#serving = this.#buses.map((bus) => serveRegister(bus, this.register))
  }

  /** The ledgers of a budget, by their windows. */
  async standings(name: string) {
    const all = await this.register.ledgers()
    if (!all.ok) throw new Error(all.error.message)
    return all.value
      .filter(([, ledger]) => ledger.name === name)
      .sort(([a], [b]) => a.window - b.window)
      .map(([, ledger]) => ({ ...standingOf(ledger), unsure: ledger.unsure }))
  }
}
