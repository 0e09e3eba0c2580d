// `GET /targets`: what nodes say about their targets now, with what was measured in the last minute.

import type { Fleet } from '../fleet.ts'
import type { LatencyFold, LatencyMetric, TargetLatency, TargetName } from '../rollup/latency.ts'
import { windowSeconds } from '../rollup/sliding-sketch.ts'

/** Milliseconds over the window; undefined (absent in JSON) where nothing was measured. */
export interface Quantiles {
  p50: number | undefined
  p99: number | undefined
  count: number
}

export interface TargetItem extends TargetName, Record<LatencyMetric, Quantiles> {
  weight: number
  health: 'healthy' | 'degraded' | 'ejected' | 'unknown'
  inFlight: number
}

export interface TargetsBody {
  targets: TargetItem[]
  windowSeconds: number
}

export function targetsAnswer(fleet: Fleet, latency: LatencyFold, slot: number): TargetsBody {
  const named = fleet.targets()
  const keys = new Set(named.map(keyOf))
  const measured = [...latency.rows()].filter((row) => !keys.has(keyOf(row)))
  const targets = [
    ...named.map((load) => itemOf(load, latency.find(load), slot)),
    // Measured, but no node that speaks has it any more, or none speaks yet.
    ...measured.map((row) => itemOf({ ...nameOf(row), weight: 0, health: 'unknown', inFlight: 0 }, row, slot)),
  ]
  return { targets, windowSeconds }
}

function itemOf(
  load: Pick<TargetItem, keyof TargetName | 'weight' | 'health' | 'inFlight'>,
  row: TargetLatency | undefined,
  slot: number,
): TargetItem {
  const of = (metric: LatencyMetric): Quantiles => quantilesOf(row, metric, slot)
  return {
    ...nameOf(load),
    ...{ weight: load.weight, health: load.health, inFlight: load.inFlight },
    ...{ total: of('total'), ttft: of('ttft'), interToken: of('interToken') },
    ...{ overhead: of('overhead'), firstByte: of('firstByte') },
  }
}

function quantilesOf(row: TargetLatency | undefined, metric: LatencyMetric, slot: number): Quantiles {
  const sketch = row?.[metric]?.recent(slot)
  return { p50: inMs(sketch?.quantile(0.5)), p99: inMs(sketch?.quantile(0.99)), count: sketch?.count ?? 0 }
}

function inMs(us: number | undefined): number | undefined {
  return us === undefined ? undefined : Math.round(us) / 1e3
}

function nameOf({ model, provider, target }: TargetName): TargetName {
  return { model, provider, target }
}

function keyOf({ model, provider, target }: TargetName): string {
  return JSON.stringify([model, provider, target])
}
