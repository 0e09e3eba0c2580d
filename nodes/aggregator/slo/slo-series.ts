// The counts of one question over time, fine where windows are short and coarse where they are long: ten seconds for
// minutes, a minute for hours, an hour for days.
import { type SloCounts, SlotRing } from './slot-ring.ts'

const secondMs = 1_000
const minuteMs = 60_000
const hourMs = 3_600_000
const dayMs = 86_400_000

/** Widths of slots, finest first, with the longest window that is asked of each. */
export const tiers = [
  { widthMs: 10 * secondMs, windowMsMax: 5 * minuteMs },
  { widthMs: minuteMs, windowMsMax: 6 * hourMs },
  { widthMs: hourMs, windowMsMax: 90 * dayMs },
] as const
export type SlotWidthMs = (typeof tiers)[number]['widthMs']

export class SloSeries {
  // One slot more than the longest window has, so that a late record still finds its place there.
  readonly #rings = tiers.map(({ widthMs, windowMsMax }) => new SlotRing(widthMs, windowMsMax / widthMs + 1))

  /** `widthMs` of the slot that the counts are known to lie in: finer slots learn nothing of them. */
  add(atMs: number, { good, total }: SloCounts, widthMs: number = tiers[0].widthMs): void {
    for (let index = 0; index < tiers.length; index++) {
      if (tiers[index]!.widthMs >= widthMs) this.#rings[index]!.add(atMs, good, total)
    }
  }

  /** Must be called after the clock was set back. */
  settle(nowMs: number): void {
    for (const ring of this.#rings) ring.settle(nowMs)
  }

  sum(nowMs: number, windowMs: number): SloCounts {
    const index = tiers.findIndex(({ windowMsMax }) => windowMs <= windowMsMax)
    return this.#rings[index < 0 ? tiers.length - 1 : index]!.sum(nowMs, windowMs)
  }
}

/** Slot width in which counts of this age are stored. No window needs a finer one. */
export function widthOfAge(ageMs: number): SlotWidthMs {
  const tier = tiers.find(({ widthMs, windowMsMax }) => ageMs <= windowMsMax + widthMs)
  return tier?.widthMs ?? hourMs
}
