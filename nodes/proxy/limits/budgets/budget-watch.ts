// Watches what a stream costs while it runs. An answer that gets longer than its bound, because a provider ignores the cap or a
// catalogue is wrong, takes more from its hard budgets as long as they have it, and is cut where one of them has not.
import type { Lease } from '../../../../cluster/budgets/lease.ts'
import { costOf, type Price } from '../../../../shared/models/price.ts'
import type { StreamWatch } from '../../accounting/outcome.ts'
import type { ExhaustedError } from '../../errors/gateway-error.ts'

/** Tokens of output for which more is reserved before they come, and the tokens that are reserved at once. */
const aheadTokens = 64
const stepTokens = 512

/** What is reserved for the attempt that is watched. */
export interface WatchedReservation {
  /** The most that the attempt may cost. */
  readonly bound: number
  /** Reserves more of every hard budget; answers the lease of one that has no more. */
  extend(nanoUsd: number): Lease | undefined
  onCut(budget: string): void
}

export interface WatchedCost {
  readonly price: Price | undefined
  /** Tokens. */
  readonly input: number
}

export class BudgetWatch implements StreamWatch {
  readonly mayCut = true
  readonly #reservation: WatchedReservation
  readonly #cost: WatchedCost
  #held: number
  #nextAt = 0

  constructor(reservation: WatchedReservation, cost: WatchedCost) {
    this.#reservation = reservation
    this.#cost = cost
    this.#held = reservation.bound
  }

  look(output: number): ExhaustedError | undefined {
    if (output < this.#nextAt) return undefined
    const missing = this.#costAt(output + aheadTokens) - this.#held
    const spent = missing > 0 ? this.#extend(missing, output) : undefined
    this.#nextAt = spent === undefined ? output + aheadTokens : output + 1
    if (spent === undefined || this.#costAt(output) <= this.#held) return undefined
    const { name } = spent.terms
    this.#reservation.onCut(name)
    return { type: 'budget-exhausted', name }
  }

  /** Reserves for many tokens at once, or for those that come next. */
  #extend(missing: number, output: number): Lease | undefined {
    const step = this.#costAt(output + stepTokens) - this.#held
    return this.#extendBy(step) === undefined ? undefined : this.#extendBy(missing)
  }

  #extendBy(nanoUsd: number): Lease | undefined {
    const spent = this.#reservation.extend(nanoUsd)
    if (spent === undefined) this.#held += nanoUsd
    return spent
  }

  /** What the answer costs with so much output; a cost that nobody knows is reserved already. */
  #costAt(output: number): number {
    const { price, input } = this.#cost
    return Math.ceil(costOf(price, { input, output, cached: 0 }, undefined) ?? 0)
  }
}
