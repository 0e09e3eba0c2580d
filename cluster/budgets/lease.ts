// What this process may spend of one budget in one window, and what it has spent. A request reserves the most that it can cost
// before it is sent, and settles on what it did cost. Nothing here waits: who has no room asks `budget-desk.ts`.
import type { BudgetTerms, Report } from './ledger.ts'
import type { LedgerKey } from './ledger-table.ts'
import type { ReportAnswer } from './register.ts'

export interface LeaseTerms {
  readonly terms: BudgetTerms
  readonly isHard: boolean
}

/** Reserves for two seconds of spending are asked for. */
const reserveSeconds = 2
/** The part of what is held that a new mark covers, and the part of the budget that it covers at least. */
const markPart = 1 / 32
const markPartOfCap = 1 / 2_048
/** The part of the budget that one mark covers for requests that wait: a kill costs that much at most. */
const waitingPartOfCap = 1 / 256

export class Lease implements LedgerKey {
  /** Names the lease among all that there ever were. */
  readonly holder: string
  readonly key: string
  readonly window: number
  readonly isHard: boolean
  /** The newest that the configuration says of it. */
  terms: BudgetTerms
  /** What may be spent in all, as the register granted it. */
  granted = 0
  /** What may be spent in all before the next mark is on the disk. */
  durable = 0
  used = 0
  reserved = 0
  sequence = 0
  /** What the register said last; undefined before it said anything. */
  standing: Pick<ReportAnswer, 'settled' | 'open'> | undefined
  /** Little is left of the budget: nothing is kept in reserve. */
  isScarce = false
  isReporting = false
  /** The holder is on the disk: if the process is killed, its next life tells the register. */
  isNoted = false
  /** Times that the register has answered. */
  answers = 0
  #reported = { used: 0, open: 0 }
  #isUntold = false
  #usedBefore = 0
  #perSecond = 0
  #largest = 0

  constructor({ key, window }: LedgerKey, { holder, terms, isHard }: LeaseTerms & { holder: string }) {
    this.holder = holder
    this.key = key
    this.window = window
    this.terms = terms
    this.isHard = isHard
  }

  /** What a request can reserve at once. */
  get room(): number {
    return Math.min(this.granted, this.durable) - this.used - this.reserved
  }

  /** What is held and not reserved. */
  get free(): number {
    return Math.max(0, this.granted - this.used - this.reserved)
  }

  /** Spent by everybody, as far as this process knows. */
  get spent(): number {
    return (this.standing?.settled ?? 0) + this.used - this.#reported.used
  }

  /** Held by others, or reserved here. */
  get held(): number {
    return Math.max(0, (this.standing?.open ?? 0) - this.#reported.open) + this.reserved
  }

  /** Whether no lease could ever give so much in this window. */
  isBeyond(amount: number): boolean {
    return amount > this.terms.cap - (this.standing === undefined ? 0 : this.spent)
  }

  reserve(amount: number): boolean {
    if (amount > this.room) return false
    this.reserved += amount
    if (amount > this.#largest) this.#largest = amount
    return true
  }

  settle(reserved: number, used: number): void {
    this.reserved -= reserved
    this.used += used
  }

  /** What the holder should have free, so that requests seldom wait. */
  get comfort(): number {
    return this.isScarce ? 0 : Math.ceil(Math.max(reserveSeconds * this.#perSecond, 2 * this.#largest))
  }

  /** Called once a second: how fast it is spent. */
  measure(): void {
    this.#perSecond = (this.#perSecond + this.used - this.#usedBefore) / 2
    this.#usedBefore = this.used
    if (this.#perSecond < 1) this.#largest = 0
  }

  get hasNews(): boolean {
    return this.#isUntold || this.used !== this.#reported.used || this.#surplus > 0
  }

  get #surplus(): number {
    const { free, comfort } = this
    return free > 2 * comfort ? free - comfort : 0
  }

  /** The mark that the next reservations need; undefined while there is enough. One more request like those before never waits. */
  nextMark({ least, all }: { least: number; all: number }): number | undefined {
    const spent = this.used + this.reserved
    const waiting = Math.max(least, Math.min(all, this.terms.cap * waitingPartOfCap))
    const needed = Math.max(waiting, this.isScarce ? 0 : this.#largest)
    const step = Math.max(needed, this.terms.cap * markPartOfCap, (this.granted - spent) * markPart)
    const isEnough = this.durable >= Math.min(this.granted, spent + Math.max(needed, step / 2))
    return isEnough ? undefined : Math.min(this.granted, Math.ceil(spent + step))
  }

  /** A report of all that is so now. What it gives back is not spent from here on. */
  report(waiting: { least: number; all: number }): Report {
    // Where little is left, two holders must not wait for each other with a part each of what one of them needs.
    if (waiting.all === 0 || this.isScarce) this.granted -= this.#surplus
    const { granted, used, free, comfort } = this
    const open = this.isHard ? Math.max(0, granted - used) : 0
    this.sequence++
    this.#reported = { used, open }
    return {
      holder: this.holder,
      sequence: this.sequence,
      settled: used,
      open,
      least: Math.max(0, waiting.least - free),
      waiting: Math.max(0, waiting.all - free),
      wants: this.isHard ? Math.max(0, comfort - free) : 0,
    }
  }

  onAnswer({ granted, settled, open, isScarce }: ReportAnswer): void {
    if (this.isHard) this.granted = Math.max(this.granted, granted)
    this.standing = { settled, open }
    this.isScarce = isScarce
    // What was just granted is held as well.
    this.#reported.open = Math.max(0, granted - this.#reported.used)
    this.#isUntold = false
    this.answers++
  }

  /** Nobody answered: the report is told again. */
  onSilence(): void {
    this.#isUntold = true
  }

  /** Gives back all that no request has reserved, with the next report. */
  recall(): void {
    this.isScarce = true
  }
}
