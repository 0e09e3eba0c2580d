// Which window a bucket is in. Clocks differ: the first node that comes to midnight begins the day for all. But a clock that is years
// ahead must not close a bucket for years, so a node believes its own clock more than those of others.
import type { BucketColumns } from './bucket-columns.ts'
import type { BucketRule } from './bucket-rule.ts'
import { at64, atCount } from './bucket-slots.ts'

export interface BucketTime {
  readonly nowMs: number
  /** The number of the window of a `window` bucket. */
  readonly window: number
  /** The time that is left of the window. Undefined where the window is not that of this node's own clock. */
  readonly windowLeftMs?: number | undefined
}

/** How much earlier than by this node's clock a window may begin. */
const earlyMsMax = 600_000

/** Answers whether a bucket has to begin the window of `time`, and remembers this node's own window. */
export function isOtherWindow(columns: BucketColumns, slot: number, rule: BucketRule, time: BucketTime): boolean {
  const { nowMs, window, windowLeftMs } = time
  const current = atCount(columns.window, slot)
  if (rule.kind !== 'window') return current !== 0
  if (windowLeftMs === undefined) return window > current && canBegin(columns, slot, { nowMs, window })
  columns.clockWindow[slot] = window
  columns.windowEndMs[slot] = nowMs + windowLeftMs
  return window > current || (window < current && !(current === window + 1 && windowLeftMs <= earlyMsMax))
}

/** Whether another node's clock can be right about a window that is later than the bucket's. */
export function canBegin(columns: BucketColumns, slot: number, { nowMs, window }: BucketTime): boolean {
  const endMs = at64(columns.windowEndMs, slot)
  if (endMs === 0 || nowMs >= endMs) return true
  return window === atCount(columns.clockWindow, slot) + 1 && nowMs >= endMs - earlyMsMax
}
