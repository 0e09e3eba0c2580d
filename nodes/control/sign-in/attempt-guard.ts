// Slows guessing down: each failed attempt of an address makes the answer to its next failure later, and after too many of
// them further failures are refused with 429 for a while. What is right is never asked about here: whoever shares an address
// with a guesser (a proxy, an office) must not be locked out by him. Tokens have enough random bits to bear that.
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
/** Answers that are held back at one time. Each holds a connection, so that more of them could fill the port. */
const heldBackMax = 64

interface Failures {
  count: number
  lastMs: number
}

export class AttemptGuard {
  readonly #clock: Clock
  readonly #rules: AttemptRules
  /** Failures by address, the oldest first. */
  readonly #failures = new Map<string, Failures>()
  #heldBack = 0

  constructor(clock: Clock, rules: AttemptRules) {
    this.#clock = clock
    this.#rules = rules
  }

  /** Milliseconds until a failure of `address` is answered as one again; 0 when it is. */
  lockedMs(address: string): number {
    const failures = this.#recent(address)
    if (failures === undefined || failures.count < this.#rules.failuresMax) return 0
    return failures.lastMs + this.#rules.windowMs - this.#clock.monotonicMs()
  }

  /** Counts a failure, and resolves after the delay that is due: with 0, or with the milliseconds to wait where too many
   *  answers are held back already. */
  async failed(address: string): Promise<number> {
    const count = (this.#recent(address)?.count ?? 0) + 1
    this.#failures.delete(address)
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size < addressesMax) break
      this.#failures.delete(oldest)
    }
    this.#failures.set(address, { count, lastMs: this.#clock.monotonicMs() })
    const delayMs = Math.min(this.#rules.delayMs * 2 ** (count - 1), this.#rules.delayMsMax)
    if (delayMs === 0) return 0
    if (this.#heldBack >= heldBackMax) return delayMs
    this.#heldBack++
    await new Promise<void>((resolve) => this.#clock.after(delayMs, resolve))
    this.#heldBack--
    return 0
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
