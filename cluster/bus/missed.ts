// How many messages a subscription did not get. Each publisher numbers what it sends on a subject; a gap is what was lost on
// the way, dropped by the publisher while it was away, or thrown away by a server because this process read too slowly.

/** Publishers and subjects that are followed at one time; beyond it the oldest are forgotten. */
const originsMax = 1_024

export class Missed {
  readonly #last = new Map<string, number>()
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Answers how many are missing before this one. The first of a publisher is where counting begins. */
  hear(origin: string, subject: string, sequence: number): number {
    const key = `${origin} ${subject}`
    const last = this.#last.get(key)
    if (last !== undefined && sequence <= last) return 0
    if (last === undefined && this.#last.size >= originsMax) this.#last.delete(this.#last.keys().next().value!)
    this.#last.set(key, sequence)
    const missing = last === undefined ? 0 : sequence - last - 1
    this.#count += missing
    return missing
  }
}
