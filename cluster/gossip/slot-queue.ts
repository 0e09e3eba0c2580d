// Slots that wait for their turn, each once. Adding one and taking the next cost the same however many wait.

/** The places at the front that are empty before the list is cut. */
const emptyMin = 1_024

export class SlotQueue {
  #slots: number[] = []
  #first = 0
  #isIn = new Uint8Array(256)

  get length(): number {
    return this.#slots.length - this.#first
  }

  add(slot: number): void {
    if (this.#isIn[slot] === 1) return
    if (slot >= this.#isIn.length) this.#grow(slot)
    this.#isIn[slot] = 1
    this.#slots.push(slot)
  }

  /** The slot that has waited longest. */
  next(): number | undefined {
    const slot = this.#slots[this.#first]
    if (slot === undefined) return undefined
    this.#isIn[slot] = 0
    this.#first++
    if (this.#first >= emptyMin && this.#first * 2 >= this.#slots.length) {
      this.#slots = this.#slots.slice(this.#first)
      this.#first = 0
    }
    return slot
  }

  #grow(slot: number): void {
    const larger = new Uint8Array(Math.max(slot + 1, this.#isIn.length * 2))
    larger.set(this.#isIn)
    this.#isIn = larger
  }
}
