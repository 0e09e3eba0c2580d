// How a provider counts beside how this gateway does: some count the cap of an answer and not its length, or no cached tokens, or have tokens
// of their own. It follows from what remains by the provider's word: what went between two of its words is what came back in the time, less
// what more remains.

export interface Witnessed {
  readonly remaining: number
  /** What attempts of all nodes have used in all, as this gateway counts. */
  readonly used: number
  readonly nowMs: number
}

export interface Refill {
  readonly limit: number
  /** What comes back in a millisecond; 0 where it comes back at once. */
  readonly perMs: number
}

/** A step is made after this part of a limit. A word may be late, so what one step says may be wrong by much; the next one makes up for it. */
const stepPart = 0.05
/** What the steps before a step count beside it, and the part of a limit that the beginning counts. */
const kept = 0.93
const priorPart = 0.25
const stepsPerOne = 100
const factorMin = 0.6
const factorMax = 6

export class CountedFactor {
  factor = 1
  #last: Witnessed | undefined
  #counted = 0
  #used = 0

  learn(now: Witnessed, { limit, perMs }: Refill): void {
    const last = this.#last
    if (last === undefined || !isComparable(last, now, { limit, perMs })) {
      this.#last = now
      return
    }
    const used = now.used - last.used
    if (used < limit * stepPart) return
    this.#last = now
    const counted = perMs * (now.nowMs - last.nowMs) - (now.remaining - last.remaining)
    // A window has begun anew meanwhile.
    if (perMs === 0 && counted < 0) return
    if (this.#used === 0) this.#counted = this.#used = limit * priorPart
    this.#counted = this.#counted * kept + counted
    this.#used = this.#used * kept + used
    const factor = this.#counted / this.#used
    this.factor = Math.min(factorMax, Math.max(factorMin, Math.round(factor * stepsPerOne) / stepsPerOne))
  }
}

/** What comes back to a full limit is lost, and a count that goes back is that of a node that has left. */
function isComparable(last: Witnessed, now: Witnessed, { limit, perMs }: Refill): boolean {
  if (last.remaining >= limit || now.remaining >= limit || now.used < last.used) return false
  return perMs * (now.nowMs - last.nowMs) <= limit / 2
}
