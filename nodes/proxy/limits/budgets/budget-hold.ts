// What a request has reserved of its budgets. It is settled once, on what the request cost.
import type { BudgetDesk } from '../../../../cluster/budgets/budget-desk.ts'
import type { Lease } from '../../../../cluster/budgets/lease.ts'
import type { AttemptOutcome, AttemptRecord } from '../../../../shared/telemetry/records.ts'
import type { Hold, Outcome, StreamWatch, WatchedStream } from '../../accounting/outcome.ts'
import { BudgetWatch } from './budget-watch.ts'

/** Ends of an attempt after which nobody knows what the upstream has done, and charges. */
const unknownEnds: ReadonlySet<AttemptOutcome> = new Set(['timeout', 'reset', 'protocol'])

export class BudgetHold implements Hold {
  readonly #desk: BudgetDesk
  readonly #leases: readonly Lease[]
  /** The most that one attempt costs. */
  readonly #bound: number
  readonly #onCut: (budget: string) => void
  /** Attempts that a reservation is held for. */
  #attempts = 1
  /** What streams have taken beyond the bound. */
  #extra = 0
  #isSettled = false

  constructor(
    desk: BudgetDesk,
    { leases, bound, onCut }: { leases: readonly Lease[]; bound: number; onCut: (budget: string) => void },
  ) {
    this.#desk = desk
    this.#leases = leases
    this.#bound = bound
    this.#onCut = onCut
  }

  /** An attempt that may have cost something keeps its reservation, so the next one needs another. */
  mayRetry(failed: AttemptOutcome): boolean {
    if (!unknownEnds.has(failed) || this.#bound === 0) return true
    if (this.#reserve(this.#bound) !== undefined) return false
    this.#attempts++
    return true
  }

  /** Watches a stream where a hard budget pays for it. */
  watch({ target, estimatedInput }: WatchedStream): StreamWatch | undefined {
    if (this.#bound === 0 || this.#hard.length === 0) return undefined
    const extend = (nanoUsd: number) => this.#extend(nanoUsd)
    const reservation = { bound: this.#bound, extend, onCut: this.#onCut }
    return new BudgetWatch(reservation, { price: target.price, input: estimatedInput })
  }

  #extend(nanoUsd: number): Lease | undefined {
    const spent = this.#isSettled ? undefined : this.#reserve(nanoUsd)
    if (spent === undefined && !this.#isSettled) this.#extra += nanoUsd
    for (const lease of this.#hard) this.#desk.renew(lease)
    return spent
  }

  /** Reserves of every hard budget, or of none: then the first that has not so much is answered. */
  #reserve(nanoUsd: number): Lease | undefined {
    const reserved: Lease[] = []
    for (const lease of this.#hard) {
      if (lease.reserve(nanoUsd)) reserved.push(lease)
      else {
        for (const one of reserved) one.settle(nanoUsd, 0)
        return lease
      }
    }
    return undefined
  }

  settle(outcome: Outcome): void {
    this.#isSettled = true
    const { costNanoUsd = outcome.attemptCount === 0 ? 0 : this.#bound } = outcome
    const unknown = outcome.attempts.filter(isUnknown).length
    for (const lease of this.#leases) {
      if (lease.isHard) lease.settle(this.#bound * this.#attempts + this.#extra, costNanoUsd + unknown * this.#bound)
      else lease.settle(0, costNanoUsd)
      this.#desk.settled(lease)
    }
  }

  use({ costNanoUsd = 0 }: Outcome): void {
    for (const lease of this.#leases) {
      lease.settle(0, costNanoUsd)
      this.#desk.settled(lease)
    }
  }

  get #hard(): readonly Lease[] {
    return this.#leases.filter(({ isHard }) => isHard)
  }
}

function isUnknown({ outcome, costNanoUsd }: AttemptRecord): boolean {
  return costNanoUsd === 0 && unknownEnds.has(outcome)
}
