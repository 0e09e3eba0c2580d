// Slows guessing down: each failed attempt of an address makes its next answer later, and too many of them lock the
// address out for a while, for right and wrong guesses alike (otherwise the lock would only tell the guesser to go on).
import type { Clock } from '../../../shared/clock.ts'

export interface AttemptRules {
  failuresMax: number
  /** Failures are forgotten after this long without one; a lock lasts as long. */
  windowMs: number
  /** Delay after the first failure; each further failure doubles it. 0 means no delay. */
  delayMs: number
  delayMsMax: number
}

const addressesMax = 10_000

interface Failures {
  count: number
  lastMs: number
}

export class AttemptGuard {
  readonly #clock: Clock
  readonly #rules: AttemptRules
  /** Failures by address, the oldest first. */
  readonly #failures = new Map<string, Failures>()

  constructor(clock: Clock, rules: AttemptRules) {
    this.#clock = clock
    this.#rules = rules
  }

  /** Milliseconds until `address` may try again; 0 when it may. */
  lockedMs(address: string): number {
    const failures = this.#recent(address)
    if (failures === undefined || failures.count < this.#rules.failuresMax) return 0
    return failures.lastMs + this.#rules.windowMs - this.#clock.monotonicMs()
  }

  /** Counts a failure and answers after the delay that is due. */
  async failed(address: string): Promise<void> {
    const count = (this.#recent(address)?.count ?? 0) + 1
    this.#failures.delete(address)
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size < addressesMax) break
      this.#failures.delete(oldest)
    }
    this.#failures.set(address, { count, lastMs: this.#clock.monotonicMs() })
    const delayMs = Math.min(this.#rules.delayMs * 2 ** (count - 1), this.#rules.delayMsMax)
    if (delayMs > 0) await new Promise<void>((resolve) => this.#clock.after(delayMs, resolve))
  }

  succeeded(address: string): void {
    this.#failures.delete(address)
  }

  #recent(address: string): Failures | undefined {
    const failures = this.#failures.get(address)
    const isOver = failures === undefined || this.#clock.monotonicMs() >= failures.lastMs + this.#rules.windowMs
    return isOver ? undefined : failures
  }
}
