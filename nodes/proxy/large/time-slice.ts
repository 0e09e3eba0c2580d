// Splits long work into slices, so that requests do not wait for all of it.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../../shared/clock.ts'

export class TimeSlice {
  readonly #clock: Clock
  #endMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#endMs = clock.monotonicMs() + sliceMs
  }

  /** Lets the event loop run when the slice is used up. */
  async yieldIfDue(): Promise<void> {
    if (this.#clock.monotonicMs() < this.#endMs) return
    await nextTurn()
    this.#endMs = this.#clock.monotonicMs() + sliceMs
  }
}

const sliceMs = 4
