// What a request has reserved at its limits. It is settled once, on what the request used.
import type { Hold, Outcome } from '../accounting/outcome.ts'
import type { ErrorShape } from '../dialects/error-shapes.ts'
import type { HeaderLines } from '../http/http.ts'
import type { AttemptLimits } from './attempt-limits.ts'
import { limitHeaders } from './limit-headers.ts'
import type { OutputLengths } from './output-lengths.ts'
import {
  chargeUse,
  type Reservation,
  type ReservationTools,
  settleReservations,
  tightestStates,
} from './reservation.ts'

export interface LimitHoldTools extends ReservationTools {
  readonly lengths: OutputLengths
  readonly shape: ErrorShape
}

export class LimitHold implements Hold {
  readonly gate: AttemptLimits | undefined
  readonly #reservations: readonly Reservation[]
  readonly #tools: LimitHoldTools

  /** `gate` is undefined where no limit counts the attempts of the request. */
  constructor(reservations: readonly Reservation[], tools: LimitHoldTools, gate: AttemptLimits | undefined) {
    this.#reservations = reservations
    this.#tools = tools
    this.gate = gate
  }

  settle(outcome: Outcome): void {
    const { status, model, tokens, costNanoUsd, attemptCount } = outcome
    // What no attempt was made for was not served.
    const isServed = attemptCount > 0 || status === 'ok'
    settleReservations(this.#reservations, { tokens, costNanoUsd, isServed }, this.#tools)
    this.gate?.settle(outcome)
    if (status === 'ok' && tokens.output > 0) this.#tools.lengths.learn(model, tokens.output)
  }

  use(outcome: Outcome): void {
    chargeUse(this.#reservations, outcome, this.#tools)
    this.gate?.use(outcome)
  }

  /** The state of the tightest limit of each unit. */
  headers(): HeaderLines {
    const { clock, shape } = this.#tools
    const { gate } = this
    const all = gate === undefined ? this.#reservations : [...this.#reservations, ...gate.last]
    return limitHeaders(tightestStates(all, this.#tools), shape, clock.wallMs())
  }
}
