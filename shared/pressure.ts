// Whether something has been nearly used up for a while. A peak that passes is no trouble; what stays is.
import type { Clock } from './clock.ts'

export interface PressureOptions {
  readonly clock: Clock
  /** The part in use from which it counts. */
  readonly from: number
  /** How long it has to last. */
  readonly forMs: number
}

export class Pressure {
  readonly #options: PressureOptions
  #sinceMs: number | undefined

  constructor(options: PressureOptions) {
    this.#options = options
  }

  look(used: number, most: number): void {
    if (used < most * this.#options.from) this.#sinceMs = undefined
    else this.#sinceMs ??= this.#options.clock.monotonicMs()
  }

  /** How long it has lasted; undefined while that is not long enough. */
  get lastingMs(): number | undefined {
    if (this.#sinceMs === undefined) return undefined
    const ms = this.#options.clock.monotonicMs() - this.#sinceMs
    return ms < this.#options.forMs ? undefined : ms
  }
}
