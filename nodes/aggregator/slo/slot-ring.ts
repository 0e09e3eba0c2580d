// Good and all, by slots of one width, for as long as the ring reaches back from the newest slot. What is older is not
// kept; what comes late lands in its own slot as long as that is there.

export interface SloCounts {
  good: number
  total: number
}

export class SlotRing {
  readonly #widthMs: number
  readonly #good: Uint32Array
  readonly #total: Uint32Array
  /** Number of the newest slot; the ring holds it and those before it. */
  #newest = 0

  constructor(widthMs: number, slots: number) {
    this.#widthMs = widthMs
    this.#good = new Uint32Array(slots)
    this.#total = new Uint32Array(slots)
  }

  add(atMs: number, good: number, total: number): void {
    const slot = this.#slotOf(atMs)
    if (slot > this.#newest) this.#advance(slot)
    if (slot <= this.#newest - this.#total.length) return
    const index = slot % this.#total.length
    this.#good[index]! += good
    this.#total[index]! += total
  }

  /** The last `windowMs`, the slot that `nowMs` lies in included: up to one slot less than the window. */
  sum(nowMs: number, windowMs: number): SloCounts {
    const last = Math.min(this.#slotOf(nowMs), this.#newest)
    const length = this.#total.length
    const first = Math.max(this.#slotOf(nowMs) - Math.round(windowMs / this.#widthMs), this.#newest - length) + 1
    const tally = { good: 0, total: 0 }
    for (let slot = Math.max(first, 0); slot <= last; slot++) {
      tally.good += this.#good[slot % length]!
      tally.total += this.#total[slot % length]!
    }
    return tally
  }

  /** Must be called after the clock was set back. It counts events of later slots in the current slot, so that new events
   *  have a slot. */
  settle(nowMs: number): void {
    const now = this.#slotOf(nowMs)
    if (this.#newest <= now) return
    const length = this.#total.length
    const later = { good: 0, total: 0 }
    for (let slot = Math.max(now + 1, this.#newest - length + 1); slot <= this.#newest; slot++) {
      later.good += this.#good[slot % length]!
      later.total += this.#total[slot % length]!
      this.#good[slot % length] = 0
      this.#total[slot % length] = 0
    }
    this.#newest = now
    this.#good[now % length]! += later.good
    this.#total[now % length]! += later.total
  }

  #advance(slot: number): void {
    const length = this.#total.length
    const first = Math.max(this.#newest + 1, slot - length + 1)
    for (let passed = first; passed <= slot; passed++) {
      this.#good[passed % length] = 0
      this.#total[passed % length] = 0
    }
    this.#newest = slot
  }

  #slotOf(atMs: number): number {
    return Math.max(0, Math.floor(atMs / this.#widthMs))
  }
}
