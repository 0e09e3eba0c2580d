// What the owner of a partition tells the publisher each second: its counts of each question over every window that is
// asked for, and what it knows of targets. Sums of all partitions are the fleet's.
import { encodeJson } from '../../../cluster/bus/bus.ts'
import { burnWindows } from '../slo/burn.ts'
import type { Objective } from '../slo/objective.ts'
import type { SloTally } from '../slo/slo-tally.ts'
import type { TargetFacts, TargetTally } from '../weights/target-tally.ts'

/** Good and all, by window in ms. */
export type WindowCounts = Record<string, [good: number, total: number]>

export interface Partial {
  readonly partition: number
  /** Epoch of the owner's lease. A lower one comes from a former owner that has not noticed the takeover. */
  readonly epoch: number
  /** Counts up within an epoch; absent from releases that do not count. */
  readonly count?: number
  readonly series: Readonly<Record<string, WindowCounts>>
  readonly targets: readonly TargetFacts[]
}

export interface Owned {
  readonly partition: number
  readonly epoch: number
  readonly count?: number
}

export function partialOf(owned: Owned, slo: SloTally, targets: TargetTally, nowMs: number): Partial {
  const series: Record<string, WindowCounts> = {}
  for (const [name, windows] of windowsBySeries(slo.objectives)) {
    const counts: WindowCounts = {}
    for (const windowMs of windows) {
      const { good, total } = slo.sum(owned.partition, name, nowMs, windowMs)
      if (total > 0) counts[windowMs] = [good, total]
    }
    if (Object.keys(counts).length > 0) series[name] = counts
  }
  return { ...owned, series, targets: targets.facts(owned.partition, nowMs) }
}

export function encodePartial(partial: Partial): Uint8Array {
  return encodeJson(partial)
}

/** Decodes a partial; undefined for other bytes. The sender is one of our nodes, so its fields are trusted. */
export function decodePartial(payload: Uint8Array): Partial | undefined {
  const value = jsonOf(payload) as Partial | undefined
  if (typeof value !== 'object' || value === null) return undefined
  if (!Number.isSafeInteger(value.partition) || !Number.isFinite(value.epoch)) return undefined
  if (value.count !== undefined && !Number.isSafeInteger(value.count)) return undefined
  if (typeof value.series !== 'object' || value.series === null || !Array.isArray(value.targets)) return undefined
  return value
}

/** Several objectives may ask the same question over windows of their own. */
function windowsBySeries(objectives: readonly Objective[]): Map<string, Set<number>> {
  const windows = new Map<string, Set<number>>()
  for (const { series, windowMs } of objectives) {
    const known = windows.get(series) ?? new Set(burnWindows.map(({ ms }) => ms))
    windows.set(series, known.add(windowMs))
  }
  return windows
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return undefined
  }
}
