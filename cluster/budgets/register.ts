// The register of budgets: applies the reports of holders to the stored ledgers, by compare-and-set, so that any number of
// registers on one store grant no more than there is. It knows no configuration: the terms come with the reports.
import type { Clock } from '../../shared/clock.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { type Applied, applyReport, type BudgetTerms, type Ledger, newLedger, type Report } from './ledger.ts'
import type { LedgerStore, LedgerTrouble } from './ledger-store.ts'
import { type LedgerKey, type LedgerTable, tableOf } from './ledger-table.ts'
import { ledgersOf, readTable } from './read-ledgers.ts'

/** A holder's report about one budget in one window. */
export interface AddressedReport extends LedgerKey {
  readonly report: Report
  readonly terms?: BudgetTerms
}

export interface ReportAnswer {
  readonly granted: number
  readonly cap: number
  readonly settled: number
  readonly open: number
  readonly isScarce: boolean
}

export interface BudgetAlert {
  readonly budget: string
  readonly threshold: number
  readonly window: number
  readonly windowEndMs: number
  readonly settled: number
  readonly cap: number
}

export interface RegisterOptions {
  readonly store: LedgerStore
  readonly clock: Clock
  /** Each threshold of a window once. */
  onAlert(alert: BudgetAlert): void
  /** A request waits for what others hold in reserve. */
  onShort(key: LedgerKey): void
}

/** Tries of one write. Each that fails means that another register was faster. */
const triesMax = 40

interface Waiting {
  readonly addressed: AddressedReport
  readonly settle: (answer: Result<ReportAnswer, LedgerTrouble>) => void
}

export class BudgetRegister {
  readonly #options: RegisterOptions
  /** Reports by table, in the order in which they came. */
  readonly #waiting = new Map<string, Waiting[]>()
  readonly #writing = new Set<string>()

  constructor(options: RegisterOptions) {
    this.#options = options
  }

  report(addressed: AddressedReport): Promise<Result<ReportAnswer, LedgerTrouble>> {
    return new Promise((settle) => {
      const table = tableOf(addressed)
      const waiting = this.#waiting.get(table)
      if (waiting === undefined) this.#waiting.set(table, [{ addressed, settle }])
      else waiting.push({ addressed, settle })
      if (!this.#writing.has(table)) void this.#writeAll(table)
    })
  }

  /** Every ledger that is kept. */
  ledgers(): Promise<Result<[LedgerKey, Ledger][], LedgerTrouble>> {
    return ledgersOf(this.#options.store)
  }

  async #writeAll(table: string): Promise<void> {
    this.#writing.add(table)
    // Reports of the same turn go into the same write.
    await Promise.resolve()
    for (;;) {
      const waiting = this.#waiting.get(table)
      if (waiting === undefined) break
      this.#waiting.delete(table)
      await this.#writeTogether(table, waiting)
    }
    this.#writing.delete(table)
  }

  async #writeTogether(name: string, waiting: readonly Waiting[]): Promise<void> {
    for (let tries = 0; tries < triesMax; tries++) {
      const found = await readTable(this.#options.store, name)
      if (!found.ok) return settleAll(waiting, found)
      const { table, version } = found.value
      const applied = waiting.map(({ addressed }) => appliedTo(table, addressed))
      table.prune(this.#options.clock.wallMs())
      const written = applied.some((one) => one?.isChanged === true)
        ? await this.#options.store.write(name, table.encode(), version)
        : done(version)
      if (written.ok) return this.#answer(waiting, applied)
      if (written.error.type === 'unavailable') return settleAll(waiting, fail(written.error))
      // What may have been written is looked at again: a report that was applied is answered as it was.
    }
    settleAll(waiting, fail({ type: 'unavailable', message: 'others write without a pause' }))
  }

  #answer(waiting: readonly Waiting[], applied: readonly (AppliedReport | undefined)[]): void {
    for (const [index, { addressed, settle }] of waiting.entries()) {
      const one = applied[index]
      if (one === undefined) {
        settle(done({ granted: 0, cap: 0, settled: 0, open: 0, isScarce: false }))
        continue
      }
      const { granted, standing, isScarce, isShort, alerts, ledger } = one.applied
      settle(done({ granted, ...standing, isScarce }))
      const { key, window } = addressed
      if (isShort) this.#options.onShort({ key, window })
      const { name: budget, windowEndMs, cap } = ledger
      for (const { threshold } of alerts)
        this.#options.onAlert({ budget, threshold, window, windowEndMs, settled: standing.settled, cap })
    }
  }
}

interface AppliedReport {
  readonly applied: Applied
  readonly isChanged: boolean
}

/** Undefined for the end of a holder that nobody ever granted anything. */
function appliedTo(table: LedgerTable, { key, window, report, terms }: AddressedReport): AppliedReport | undefined {
  const known = table.find({ key, window }) ?? (terms === undefined ? undefined : newLedger(terms))
  if (known === undefined) return undefined
  const applied = applyReport(known, report, terms)
  table.set({ key, window }, applied.ledger)
  return { applied, isChanged: applied.ledger !== known }
}

function settleAll(waiting: readonly Waiting[], outcome: Result<never, LedgerTrouble>): void {
  for (const { settle } of waiting) settle(outcome)
}
