// The limits that count the attempts of one request, each by its target: what an attempt may use is reserved before it begins, and
// settled on what it used. Retries and fallbacks are charged to the targets that they ran on.
import type { AttemptEntry, AttemptGate, AttemptHold, AttemptUse } from '../accounting/outcome.ts'
import type { Target } from '../providers/endpoint.ts'
import type { Counted, LimitTaker, Taken } from './limit-taker.ts'
import { chargeUse, type Reservation, type ReservationTools, settleReservations, type Use } from './reservation.ts'
import { priceOfAmounts } from './reserved-amounts.ts'

export type CountedAttempts = Omit<Counted, 'target'>

const freeEntry: AttemptEntry = { type: 'entered', hold: undefined }

export class AttemptLimits implements AttemptGate {
  readonly #taker: LimitTaker
  readonly #counted: CountedAttempts
  readonly #tools: ReservationTools
  /** What is reserved for attempts that have not ended. */
  readonly #open = new Set<AttemptReservations>()
  #last: AttemptReservations | undefined
  #isOver = false

  constructor(taker: LimitTaker, counted: CountedAttempts, tools: ReservationTools) {
    this.#taker = taker
    this.#counted = counted
    this.#tools = tools
  }

  enter(target: Target): AttemptEntry | Promise<AttemptEntry> {
    const counted = this.#counted
    const amounts = priceOfAmounts(counted.amounts, target.price)
    const taken = this.#taker.take({ ...counted, target, amounts })
    return taken instanceof Promise ? taken.then((late) => this.#entry(late)) : this.#entry(taken)
  }

  /** What the last attempt has reserved, also when it has ended. */
  get last(): readonly Reservation[] {
    return this.#last?.reservations ?? none
  }

  use(use: AttemptUse): void {
    for (const { reservations } of this.#open) chargeUse(reservations, use, this.#tools)
  }

  /** Settles what no attempt has settled: that of a realtime session, and that of an attempt in which something threw. */
  settle(use: AttemptUse): void {
    this.#isOver = true
    for (const open of [...this.#open]) open.settle(use)
  }

  #entry(taken: Taken): AttemptEntry {
    if ('type' in taken) return { type: 'full', error: taken }
    if (this.#isOver) this.#taker.giveBack(taken)
    if (this.#isOver || taken.length === 0) return freeEntry
    const hold = new AttemptReservations(taken, (use) => {
      this.#open.delete(hold)
      settleReservations(taken, use, this.#tools)
    })
    this.#open.add(hold)
    this.#last = hold
    return { type: 'entered', hold }
  }
}

class AttemptReservations implements AttemptHold {
  readonly reservations: readonly Reservation[]
  #onEnd: ((use: Use) => void) | undefined

  constructor(reservations: readonly Reservation[], onEnd: (use: Use) => void) {
    this.reservations = reservations
    this.#onEnd = onEnd
  }

  /** Whatever is said after the first end is not heard. */
  settle({ tokens, costNanoUsd }: AttemptUse): void {
    const onEnd = this.#onEnd
    this.#onEnd = undefined
    onEnd?.({ tokens, costNanoUsd, isServed: true })
  }
}

const none: readonly Reservation[] = []
