// Follows the numbers that publishers give to what they send on a subject, as one subscription hears them. A gap is a
// message that was lost on the way, dropped by the publisher while it was disconnected, or discarded by a server because
// this process read too slowly. A number that is not new is a repeated message, or one that was overtaken.

/** The number of pairs of publisher and subject that are followed at one time; beyond it the oldest pair is
 *  forgotten. */
const originsMax = 1_024

/** The number of a message that its publisher does not count. */
export const uncounted = 0

export class SenderOrder {
  readonly #last = new Map<string, number>()

  /** Returns how many messages are missing before this one; undefined when it is not new. Counting begins at the first
   *  message of a publisher. */
  hear(origin: string, subject: string, sequence: number): number | undefined {
    if (!(sequence > uncounted)) return 0
    const key = `${origin} ${subject}`
    const last = this.#last.get(key)
    if (last !== undefined && sequence <= last) return undefined
    if (last === undefined && this.#last.size >= originsMax) this.#last.delete(this.#last.keys().next().value!)
    this.#last.set(key, sequence)
    return last === undefined ? 0 : sequence - last - 1
  }
}
