// A distribution over the last minute in slots of ten seconds, and since start. A value belongs to the slot of its own
// time, so records that were delivered late do not look like news.
import { latencyWindowSeconds } from '../../../shared/telemetry/answers/targets.ts'
import { Sketch } from '../../../shared/telemetry/sketch.ts'

export const slotMs = 10_000
const slotsCount = (latencyWindowSeconds * 1_000) / slotMs

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

  /** The slots that end with `slot`; undefined when they are empty. */
  recent(slot: number): Sketch | undefined {
    let merged: Sketch | undefined
    for (const [index, held] of this.#slots.entries()) {
      if (held === undefined || held.slot <= slot - slotsCount) continue
      if (held.slot > slot) {
        // The clock stepped back: a slot ahead of it would keep out what comes until then.
        this.#past.merge(held.sketch)
        this.#slots[index] = undefined
        continue
      }
      merged ??= new Sketch()
      merged.merge(held.sketch)
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
