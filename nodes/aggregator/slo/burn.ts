// How fast an error budget burns, and from when on that is an alert. A burn of 1 spends the whole budget in exactly the
// objective's window. Multi-window, multi-burn-rate rules ("The Site Reliability Workbook", O'Reilly 2018, chapter 5): the
// long window says that it matters, the short one that it still goes on. The 50× rule finds what is broken outright within
// minutes; it takes at most 0.6 % of a budget of 30 days.
import type { AlertSeverity } from '../../../shared/telemetry/slo-state.ts'
import type { SloCounts } from './slot-ring.ts'

export interface BurnRule {
  readonly severity: AlertSeverity
  readonly factor: number
  readonly longMs: number
  readonly shortMs: number
}

const minuteMs = 60_000
const hourMs = 3_600_000

export const burnRules: readonly BurnRule[] = [
  { severity: 'page', factor: 50, longMs: 5 * minuteMs, shortMs: minuteMs },
  { severity: 'page', factor: 14.4, longMs: hourMs, shortMs: 5 * minuteMs },
  { severity: 'page', factor: 6, longMs: 6 * hourMs, shortMs: 30 * minuteMs },
  { severity: 'ticket', factor: 1, longMs: 72 * hourMs, shortMs: 6 * hourMs },
]

/** Every window that the rules look at, shortest first, with its name. */
export const burnWindows = [
  { name: '1m', ms: minuteMs },
  { name: '5m', ms: 5 * minuteMs },
  { name: '30m', ms: 30 * minuteMs },
  { name: '1h', ms: hourMs },
  { name: '6h', ms: 6 * hourMs },
  { name: '3d', ms: 72 * hourMs },
] as const

/** So many bad ones are enough to believe a ratio; of fewer, its lower confidence bound has to be above the threshold. */
const badMany = 20
/** The fewest bad requests that count as a burn: one or two are chance. */
const badFewMin = 3
const z = 1.96 // 95 %, two-sided

export function badRatio({ good, total }: SloCounts): number {
  return total === 0 ? 0 : (total - good) / total
}

export function burnOf(tally: SloCounts, target: number): number {
  return badRatio(tally) / (1 - target)
}

/** The part of the window's budget that is left: 1 untouched, 0 spent, negative when overspent. */
export function budgetLeft(tally: SloCounts, target: number): number {
  return 1 - burnOf(tally, target)
}

/** Whether the burn over these counts reaches `factor` and there are enough of them to say so. */
export function isBurning(tally: SloCounts, target: number, factor: number): boolean {
  const threshold = factor * (1 - target)
  const bad = tally.total - tally.good
  if (badRatio(tally) < threshold || bad < badFewMin) return false
  return bad >= badMany || lowerBound(bad, tally.total) > threshold
}

/** Lower bound of the share of `part` in `whole`, by the score interval (Wilson, 1927). */
export function lowerBound(part: number, whole: number): number {
  if (whole === 0) return 0
  const share = part / whole
  const middle = share + (z * z) / (2 * whole)
  const spread = z * Math.sqrt((share * (1 - share)) / whole + (z * z) / (4 * whole * whole))
  return Math.max(0, (middle - spread) / (1 + (z * z) / whole))
}
