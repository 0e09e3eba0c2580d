// How many requests and realtime sessions of one key are open. Each takes descriptors and memory, so that one key could leave the
// others none.
import type { Place } from '../http/http.ts'

/** Keys without an open request are forgotten once there are so many. */
const keysMax = 10_000

export class OpenRequests {
  /** The number that one key may have. */
  readonly perKeyMax: number
  readonly #keys = new Map<string, KeyPlaces>()

  constructor(perKeyMax: number) {
    this.perKeyMax = perKeyMax
  }

  /** Takes a place; undefined where the key has all of its places taken. */
  enter(keyId: string): Place | undefined {
    const places = this.#of(keyId)
    return places.taken < this.perKeyMax ? this.#take(places) : undefined
  }

  /** Takes a place for what had one before, whatever is taken. */
  stay(keyId: string): Place {
    return this.#take(this.#of(keyId))
  }

  #take(places: KeyPlaces): Place {
    places.taken++
    return places
  }

  #of(keyId: string): KeyPlaces {
    const known = this.#keys.get(keyId)
    if (known !== undefined) return known
    if (this.#keys.size >= keysMax) this.#forgetIdle()
    const places = new KeyPlaces()
    this.#keys.set(keyId, places)
    return places
  }

  #forgetIdle(): void {
    for (const [keyId, { taken }] of this.#keys) if (taken === 0) this.#keys.delete(keyId)
  }
}

/** All places of one key. Each is left once, so that no place needs an object of its own. */
class KeyPlaces implements Place {
  taken = 0

  leave(): void {
    this.taken--
  }
}
