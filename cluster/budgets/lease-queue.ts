// The requests that wait for room in one lease. What fits goes first: a large request does not hold up small ones.
import type { Timer } from '../../shared/clock.ts'
import type { Lease } from './lease.ts'

/** `spent`: it fits no more in this window. `reserved`: what is left is reserved for other requests. `away`: the register, or the
 *  disk, cannot be asked. */
export type LeaseOutcome = 'granted' | 'spent' | 'reserved' | 'away'

interface Waiter {
  readonly amount: number
  readonly timer: Timer
  readonly settle: (outcome: LeaseOutcome) => void
}

export class LeaseQueue {
  readonly #lease: Lease
  readonly #waiters = new Set<Waiter>()

  constructor(lease: Lease) {
    this.#lease = lease
  }

  get size(): number {
    return this.#waiters.size
  }

  /** The smallest amount, and all together. */
  get wanted(): { least: number; all: number } {
    let [least, all] = [Number.POSITIVE_INFINITY, 0]
    for (const { amount } of this.#waiters) {
      if (amount < least) least = amount
      all += amount
    }
    return { least: all === 0 ? 0 : least, all }
  }

  add(amount: number, after: (late: () => void) => Timer): Promise<LeaseOutcome> {
    return new Promise((settle) => {
      const before = this.#lease.answers
      const late = () => this.#end(waiter, this.#lease.answers > before ? 'reserved' : 'away')
      const waiter: Waiter = { amount, settle, timer: after(late) }
      this.#waiters.add(waiter)
    })
  }

  /** Lets go who fits, and turns away who never will. */
  serve(): void {
    for (const waiter of this.#waiters) {
      if (this.#lease.reserve(waiter.amount)) this.#end(waiter, 'granted')
      else if (this.#lease.isBeyond(waiter.amount)) this.#end(waiter, 'spent')
    }
  }

  turnAway(): void {
    for (const waiter of this.#waiters) this.#end(waiter, 'away')
  }

  #end(waiter: Waiter, outcome: LeaseOutcome): void {
    waiter.timer.cancel()
    if (this.#waiters.delete(waiter)) waiter.settle(outcome)
  }
}
