// Random numbers from a seed. Each part of a world has dice of its own, forked by name, so that leaving out a fault
// does not change what the others draw.
import type { Chance } from '../../../shared/clock.ts'

export class Dice {
  readonly #seed: number
  /** Returns a number in [0, 1). */
  readonly chance: Chance

  constructor(seed: number) {
    this.#seed = seed
    this.chance = mulberry32(seed)
  }

  fork(name: string): Dice {
    let mixed = this.#seed ^ 0x811c9dc5
    for (let i = 0; i < name.length; i++) mixed = Math.imul(mixed ^ name.charCodeAt(i), 0x01000193)
    return new Dice(mixed)
  }

  happens(probability: number): boolean {
    return this.chance() < probability
  }

  /** Returns a whole number between the bounds, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.chance() * (most - least + 1))
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.chance() * items.length)]!
  }

  some<Item>(items: readonly Item[], probability: number): Item[] {
    return items.filter(() => this.happens(probability))
  }
}

function mulberry32(seed: number): Chance {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
