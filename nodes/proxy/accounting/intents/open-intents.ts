// The open intents, oldest first. The list runs through the intents themselves, so that adding and deleting make no object.
import type { Intent } from './intent.ts'

export class OpenIntents {
  #first: Intent | undefined
  #last: Intent | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  add(intent: Intent): void {
    intent.previous = this.#last
    if (this.#last === undefined) this.#first = intent
    else this.#last.next = intent
    this.#last = intent
    this.#size++
  }

  delete(intent: Intent): void {
    const { previous, next } = intent
    if (previous === undefined && this.#first !== intent) return
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    intent.previous = undefined
    intent.next = undefined
    this.#size--
  }

  /** Notes that none of them is in the journal. Returns how many were. */
  forgetNumbers(): number {
    let written = 0
    for (const intent of this) {
      if (intent.number !== 0) written++
      intent.number = 0
    }
    return written
  }

  *[Symbol.iterator](): Generator<Intent> {
    for (let intent = this.#first; intent !== undefined; intent = intent.next) yield intent
  }
}
