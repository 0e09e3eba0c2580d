// What is reserved at the limits that count one request, or one attempt. While a stream uses more than was reserved, the difference is
// charged as it comes, so that many long answers together do not pass a limit unseen. It is settled once, on what was used.
import { costOf, type Price } from '../../../shared/models/price.ts'
import type { AttemptUse } from '../accounting/outcome.ts'
import type { ExhaustedError } from '../errors/gateway-error.ts'
import {
  chargeUse,
  isGrowing,
  type Reservation,
  type ReservationTools,
  settleReservations,
  type Use,
} from './reservation.ts'

/** What a stream has used so far, in tokens. */
export interface SoFar {
  readonly input: number
  readonly output: number
  /** The price of its target. */
  readonly price: Price | undefined
}

export class HeldReservations {
  readonly all: readonly Reservation[]
  readonly #tools: ReservationTools
  #isSettled = false

  constructor(all: readonly Reservation[], tools: ReservationTools) {
    this.all = all
    this.#tools = tools
  }

  /** Whether a stream is charged while it runs. */
  get grows(): boolean {
    return this.all.some(({ limit }) => isGrowing(limit.unit))
  }

  get mayCut(): boolean {
    return this.all.some(({ limit }) => limit.overdraft !== undefined)
  }

  /** Charges what a stream has used beyond what is charged. Returns the error of a limit that ends it. */
  topUp(soFar: SoFar): ExhaustedError | undefined {
    if (this.#isSettled) return undefined
    const { buckets, clock } = this.#tools
    const nowMs = clock.monotonicMs()
    let exhausted: ExhaustedError | undefined
    for (const reservation of this.all) {
      const more = usedSoFar(reservation, soFar) - reservation.amount
      if (!(more > 0)) continue
      reservation.amount += more
      const left = buckets.adjust(reservation.charge, more, nowMs)
      const { limit, rule } = reservation
      const isOverdrawn = limit.overdraft !== undefined && left !== undefined && left < -limit.overdraft * rule.capacity
      if (isOverdrawn) exhausted ??= { type: 'limit-exhausted', name: limit.name }
    }
    return exhausted
  }

  /** Charges a part of a long request, beside what is reserved for the whole. */
  use(use: AttemptUse): void {
    if (!this.#isSettled) chargeUse(this.all, use, this.#tools)
  }

  /** Charges the difference to what was used. Whatever is said later is not heard. */
  settle(use: Use): void {
    if (this.#isSettled) return
    this.#isSettled = true
    settleReservations(this.all, use, this.#tools)
  }
}

function usedSoFar({ limit, amount }: Reservation, { input, output, price }: SoFar): number {
  switch (limit.unit) {
    case 'outputTokens':
      return output
    case 'tokens':
      return input + output
    case 'usd':
      return costOf(price, { input, output, cached: 0 }, undefined) ?? amount
    default:
      return amount
  }
}
