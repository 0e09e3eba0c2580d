// What a request has reserved at its limits. It is settled once, on what the request used.
import type { Hold, Outcome, StreamWatch, WatchedStream } from '../accounting/outcome.ts'
import type { ErrorShape } from '../dialects/error-shapes.ts'
import type { CheckedLines } from '../http/checked-lines.ts'
import type { AttemptLimits } from './attempt-limits.ts'
import { HeldReservations } from './held-reservations.ts'
import { limitLines } from './limit-headers.ts'
import type { LimitTaker } from './limit-taker.ts'
import { LimitWatch } from './limit-watch.ts'
import type { OutputLengths } from './output-lengths.ts'
import { type Reservation, type ReservationTools, tightestStates } from './reservation.ts'

export interface LimitHoldTools extends ReservationTools {
  readonly taker: LimitTaker
  readonly lengths: OutputLengths
}

export interface HeldFor {
  /** Undefined where no limit counts the attempts of the request. */
  readonly gate: AttemptLimits | undefined
  readonly shape: ErrorShape
  /** The tokens of input that are reserved. */
  readonly input: number
}

export class LimitHold implements Hold {
  readonly gate: AttemptLimits | undefined
  readonly #held: HeldReservations
  readonly #tools: LimitHoldTools
  readonly #shape: ErrorShape
  readonly #input: number

  constructor(reservations: readonly Reservation[], tools: LimitHoldTools, { gate, shape, input }: HeldFor) {
    this.#held = new HeldReservations(reservations, tools)
    this.#tools = tools
    this.gate = gate
    this.#shape = shape
    this.#input = input
  }

  settle(outcome: Outcome): void {
    const { status, model, tokens, costNanoUsd, attemptCount } = outcome
    // What no attempt was made for was not served.
    const isServed = attemptCount > 0 || status === 'ok'
    this.#held.settle({ tokens, costNanoUsd, isServed })
    this.gate?.settle(outcome)
    if (status === 'ok' && tokens.output > 0) this.#tools.lengths.learn(model, tokens.output)
  }

  use(outcome: Outcome): void {
    this.#held.use(outcome)
    this.gate?.use(outcome)
  }

  watch({ target }: WatchedStream): StreamWatch | undefined {
    const { taker } = this.#tools
    const own = this.gate?.last
    const growing = (own === undefined ? [this.#held] : [this.#held, own]).filter(({ grows }) => grows)
    if (growing.length === 0) return undefined
    return new LimitWatch(growing, { input: this.#input, price: target.price }, (error) => taker.countCut(error))
  }

  /** The state of the tightest limit of each unit. */
  lines(): CheckedLines {
    const own = this.gate?.last
    const all = own === undefined ? this.#held.all : [...this.#held.all, ...own.all]
    return limitLines(tightestStates(all, this.#tools), this.#shape, this.#tools.clock)
  }
}
