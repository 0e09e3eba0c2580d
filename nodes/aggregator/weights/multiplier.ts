// What a target's share is multiplied by, apart from how fast it is: less where it burns an objective's budget. It follows
// what is wanted step by step, never below a floor, and not at all for a small difference: a fleet that swings together is
// worse than one that is a little slow to turn.
import { lowerBound } from '../slo/burn.ts'
import type { SloCounts } from '../slo/slot-ring.ts'

export const multiplierMin = 0.25
export const multiplierMax = 4
const stepPower = 0.3
const stepMin = 0.75
const stepMax = 1.25
/** Logarithm of a ratio. A multiplier that differs by less than a tenth is not changed. */
const stillWithin = 0.1

/** One step from `now` towards `wanted`. */
export function stepTowards(now: number, wanted: number): number {
  const aim = clamp(wanted, multiplierMin, multiplierMax)
  const ratio = aim / now
  if (Math.abs(Math.log(ratio)) < stillWithin) return now
  return clamp(now * clamp(ratio ** stepPower, stepMin, stepMax), multiplierMin, multiplierMax)
}

const badMin = 3

/** What the burn of one objective at one target asks for: as much less as it burns faster than its budget lasts. */
export function wantedByBurn({ good, total }: SloCounts, target: number): number {
  const bad = total - good
  if (bad < badMin) return 1
  const burn = lowerBound(bad, total) / (1 - target)
  return burn <= 1 ? 1 : 1 / burn
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
