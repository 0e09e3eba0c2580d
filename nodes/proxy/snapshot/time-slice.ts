// Work that takes longer than a request should wait for is done in slices: between two of them everybody else has a turn.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../../shared/clock.ts'

export class TimeSlice {
  readonly #clock: Clock
  #endMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#endMs = clock.monotonicMs() + sliceMs
  }

  /** Gives the turn away when the slice is used up. */
  async yieldIfDue(): Promise<void> {
    if (this.#clock.monotonicMs() < this.#endMs) return
    await nextTurn()
    this.#endMs = this.#clock.monotonicMs() + sliceMs
  }
}

const sliceMs = 4
