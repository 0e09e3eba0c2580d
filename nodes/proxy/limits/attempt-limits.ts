// The limits that count the attempts of one request, each by its target: what an attempt may use is reserved before it begins, and
// settled on what it used. Retries and fallbacks are charged to the targets that they ran on.
import { pricesAt } from '../../../shared/models/dated-prices.ts'
import type { AttemptEntry, AttemptGate, AttemptUse } from '../accounting/outcome.ts'
import type { Target } from '../providers/endpoint.ts'
import { HeldReservations } from './held-reservations.ts'
import type { Counted, LimitTaker, Taken } from './limit-taker.ts'
import type { ReservationTools, Use } from './reservation.ts'
import { priceOfAmounts } from './reserved-amounts.ts'

export type CountedAttempts = Omit<Counted, 'target'>

const freeEntry: AttemptEntry = { type: 'entered', hold: undefined }

export interface AttemptLimitsTools extends ReservationTools {
  readonly taker: LimitTaker
}

export class AttemptLimits implements AttemptGate {
  readonly #counted: CountedAttempts
  readonly #tools: AttemptLimitsTools
  /** What is reserved for attempts that have not ended. */
  readonly #open = new Set<HeldReservations>()
  /** What the last attempt has reserved, also when it has ended. */
  last: HeldReservations | undefined
  #isOver = false

  constructor(counted: CountedAttempts, tools: AttemptLimitsTools) {
    this.#counted = counted
    this.#tools = tools
  }

  enter(target: Target): AttemptEntry | Promise<AttemptEntry> {
    const counted = this.#counted
    const amounts = priceOfAmounts(counted.amounts, pricesAt(target, counted.request.receivedAtMs).price)
    const taken = this.#tools.taker.take({ ...counted, target, amounts })
    return taken instanceof Promise ? taken.then((late) => this.#entry(late)) : this.#entry(taken)
  }

  use(use: AttemptUse): void {
    for (const held of this.#open) held.use(use)
  }

  /** Settles what no attempt has settled: that of a realtime session, and that of an attempt in which something threw. */
  settle(use: AttemptUse): void {
    this.#isOver = true
    for (const held of this.#open) held.settle(served(use))
    this.#open.clear()
  }

  #entry(taken: Taken): AttemptEntry {
    if ('type' in taken) return { type: 'full', error: taken }
    if (this.#isOver) this.#tools.taker.giveBack(taken)
    this.last = undefined
    if (this.#isOver || taken.length === 0) return freeEntry
    const held = new HeldReservations(taken, this.#tools)
    this.#open.add(held)
    this.last = held
    return { type: 'entered', hold: { settle: (use) => this.#leave(held, use) } }
  }

  #leave(held: HeldReservations, use: AttemptUse): void {
    this.#open.delete(held)
    held.settle(served(use))
  }
}

/** An attempt that was begun was served, whatever came of it. */
function served({ tokens, costNanoUsd }: AttemptUse): Use {
  return { tokens, costNanoUsd, isServed: true }
}
