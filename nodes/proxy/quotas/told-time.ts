// Of which time the head of an answer tells: that at which the request came, as with most providers, or that at which the answer began. The
// difference to what a node thought is the same from answer to answer for the right one, and not for the other.

const weight = 0.1

export class ToldTime {
  readonly #atSend = new Spread()
  readonly #now = new Spread()

  /** The difference that counts. */
  difference(atSend: number, now: number): number {
    this.#atSend.add(atSend)
    this.#now.add(now)
    return this.#atSend.variance <= this.#now.variance ? atSend : now
  }
}

class Spread {
  variance = 0
  #mean: number | undefined

  add(value: number): void {
    const before = this.#mean ?? value
    this.#mean = before + weight * (value - before)
    this.variance = (1 - weight) * (this.variance + weight * (value - before) ** 2)
  }
}
