// What a request has reserved of its budgets. It is settled once, on what the request cost.
import type { BudgetDesk } from '../../../../cluster/budgets/budget-desk.ts'
import type { Lease } from '../../../../cluster/budgets/lease.ts'
import type { AttemptOutcome } from '../../../../shared/telemetry/records.ts'
import { isOpenEnd } from '../../accounting/attempt-end.ts'
import type { Hold, Outcome, StreamWatch, WatchedStream } from '../../accounting/outcome.ts'
import { totalCost } from '../../accounting/request-records.ts'
import { BudgetWatch } from './budget-watch.ts'
import { LeaseExtension } from './lease-extension.ts'

export class BudgetHold implements Hold {
  readonly #desk: BudgetDesk
  readonly #leases: readonly Lease[]
  readonly #hard: readonly Lease[]
  /** The most that one attempt costs. */
  readonly #bound: number
  readonly #onCut: (budget: string) => void
  /** Attempts that a reservation is held for. */
  #attempts = 1
  /** What streams have taken beyond the bound; made for the first stream. */
  #extensions: readonly LeaseExtension[] | undefined

  constructor(
    desk: BudgetDesk,
    { leases, bound, onCut }: { leases: readonly Lease[]; bound: number; onCut: (budget: string) => void },
  ) {
    this.#desk = desk
    this.#leases = leases
    this.#hard = leases.every(isHard) ? leases : leases.filter(isHard)
    this.#bound = bound
    this.#onCut = onCut
  }

  get boundNanoUsd(): number | undefined {
    return this.#hard.length === 0 ? undefined : this.#bound
  }

  /** An attempt that may have cost something keeps its reservation, so the next one needs another. */
  mayRetry(failed: AttemptOutcome): boolean {
    if (!isOpenEnd(failed) || this.#bound === 0) return true
    const reserved: Lease[] = []
    for (const lease of this.#hard) {
      if (lease.reserve(this.#bound)) reserved.push(lease)
      else {
        for (const one of reserved) one.settle(this.#bound, 0)
        return false
      }
    }
    this.#attempts++
    return true
  }

  /** Watches a stream where a hard budget pays for it. */
  watch({ target, estimatedInput }: WatchedStream): StreamWatch | undefined {
    if (this.#bound === 0 || this.#hard.length === 0) return undefined
    this.#extensions ??= this.#hard.map((lease) => new LeaseExtension(this.#desk, lease))
    const cost = { bound: this.#bound, price: target.price, input: estimatedInput }
    return new BudgetWatch(this.#extensions, cost, this.#onCut)
  }

  settle(outcome: Outcome): void {
    const cost = this.#costOf(outcome)
    for (const lease of this.#leases) {
      lease.settle(lease.isHard ? this.#bound * this.#attempts + this.#extraOf(lease) : 0, cost)
      this.#desk.settled(lease)
    }
  }

  #costOf({ attempts, attemptCount, costNanoUsd }: Outcome): number {
    if (attempts.length === 0) return costNanoUsd ?? (attemptCount === 0 ? 0 : this.#bound)
    return totalCost(attempts)
  }

  use({ costNanoUsd = 0 }: Outcome): void {
    for (const lease of this.#leases) {
      lease.settle(0, costNanoUsd)
      this.#desk.settled(lease)
    }
  }

  #extraOf(lease: Lease): number {
    return this.#extensions?.find((extension) => extension.lease === lease)?.end() ?? 0
  }
}

function isHard(lease: Lease): boolean {
  return lease.isHard
}
