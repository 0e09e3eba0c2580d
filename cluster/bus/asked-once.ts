// Lets each question through once. A question names the inbox for its answer: the part of its asker's connection, and a number
// that grows with each question. Questions may overtake one another, so a window of numbers is remembered.

/** Askers that are remembered; beyond it the oldest is forgotten. */
const askersMax = 1_024
/** How far a question may be overtaken. */
const windowMax = 1_024

interface Asker {
  last: number
  /** Numbers that were heard; those before the window are dropped now and then. */
  heard: Set<number>
}

export class AskedOnce {
  readonly #askers = new Map<string, Asker>()

  knows(inbox: string): boolean {
    return this.#askers.has(placeIn(inbox).asker)
  }

  /** Whether the question with this inbox was not heard before. */
  isNew(inbox: string): boolean {
    const { asker: name, number } = placeIn(inbox)
    const asker = this.#askers.get(name) ?? this.#meet(name)
    if (!(number > asker.last - windowMax) || asker.heard.has(number)) return false
    asker.last = Math.max(asker.last, number)
    asker.heard.add(number)
    if (asker.heard.size <= 2 * windowMax) return true
    asker.heard = new Set([...asker.heard].filter((one) => one > asker.last - windowMax))
    return true
  }

  #meet(name: string): Asker {
    if (this.#askers.size >= askersMax) this.#askers.delete(this.#askers.keys().next().value!)
    const asker = { last: 0, heard: new Set<number>() }
    this.#askers.set(name, asker)
    return asker
  }
}

function placeIn(inbox: string): { asker: string; number: number } {
  const end = inbox.lastIndexOf('.')
  return { asker: inbox.slice(0, end), number: Number(inbox.slice(end + 1)) }
}
