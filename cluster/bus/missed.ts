// Counts the messages that a subscription did not get. Each publisher numbers what it sends on a subject; a gap is a
// message that was lost on the way, dropped by the publisher while it was disconnected, or discarded by a server
// because this process read too slowly.

/** The number of pairs of publisher and subject that are followed at one time; beyond it the oldest pair is
 *  forgotten. */
const originsMax = 1_024

export class Missed {
  readonly #last = new Map<string, number>()
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Returns how many messages are missing before this one. Counting begins at the first message of a publisher. */
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
