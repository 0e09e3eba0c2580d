// A distribution over the last minute in slots of ten seconds, and since start. A value belongs to the slot of its own
// time, so records that were delivered late do not look like news.
import { Sketch } from '../../../shared/telemetry/sketch.ts'

export const slotMs = 10_000
export const slotsCount = 6
export const windowSeconds = (slotMs * slotsCount) / 1_000

export class SlidingSketch {
  readonly #past = new Sketch('wide')
  readonly #slots: ({ slot: number; sketch: Sketch } | undefined)[] = []

  add(value: number, slot: number): void {
    const held = this.#slots[slot % slotsCount]
    if (held === undefined) {
      const sketch = new Sketch()
      sketch.add(value)
      this.#slots[slot % slotsCount] = { slot, sketch }
      return
    }
    if (held.slot > slot) {
      this.#past.add(value)
      return
    }
    if (held.slot < slot) {
      this.#past.merge(held.sketch)
      held.sketch.clear()
      held.slot = slot
    }
    held.sketch.add(value)
  }

  /** The slots that end with `slot`. */
  recent(slot: number): Sketch {
    const merged = new Sketch()
    for (const held of this.#slots) {
      if (held !== undefined && held.slot > slot - slotsCount && held.slot <= slot) merged.merge(held.sketch)
    }
    return merged
  }

  sinceStart(): Sketch {
    const merged = new Sketch('wide')
    merged.merge(this.#past)
    for (const held of this.#slots) if (held !== undefined) merged.merge(held.sketch)
    return merged
  }
}
