// `GET /targets`: what nodes say about their targets now, with what was measured in the last minute.
import type { Measures } from '../measures.ts'
import type { TargetLoad } from '../records.ts'
import { Sketch } from '../sketch.ts'

/** What is measured of a target, in microseconds; each is a distribution by model, provider and target. */
export const latencyMetrics = ['total', 'ttft', 'interToken', 'overhead', 'firstByte'] as const
export type LatencyMetric = (typeof latencyMetrics)[number]

export const latencyWindowSeconds = 60

/** Milliseconds over the window; undefined (absent in JSON) where nothing was measured. */
export interface Quantiles {
  p50: number | undefined
  p99: number | undefined
  count: number
}

type TargetName = Pick<TargetLoad, 'model' | 'provider' | 'target'>

export interface TargetItem extends TargetName, Record<LatencyMetric, Quantiles> {
  weight: number
  health: TargetLoad['health'] | 'unknown'
  inFlight: number
}

export interface TargetsBody {
  targets: TargetItem[]
  windowSeconds: number
}

const empty = new Sketch()

export function targetsBody(loads: readonly TargetLoad[], recent: Measures): TargetsBody {
  const measured = new Map<string, TargetName>()
  for (const metric of latencyMetrics) {
    for (const { labels } of recent.distributions(metric)) measured.set(JSON.stringify(labels), nameOf(labels))
  }
  for (const load of loads) measured.delete(JSON.stringify(labelsOf(load)))
  const targets = [
    ...loads.map((load) => itemOf(load, recent)),
    // Measured, but no node that speaks has it any more, or none speaks yet.
    ...[...measured.values()].map((name) => itemOf({ ...name, weight: 0, health: 'unknown', inFlight: 0 }, recent)),
  ]
  return { targets, windowSeconds: latencyWindowSeconds }
}

function itemOf(load: Omit<TargetItem, LatencyMetric>, recent: Measures): TargetItem {
  const of = (metric: LatencyMetric): Quantiles => quantilesOf(recent.find(metric, labelsOf(load)) ?? empty)
  const { model, provider, target, weight, health, inFlight } = load
  return {
    ...{ model, provider, target, weight, health, inFlight },
    ...{ total: of('total'), ttft: of('ttft'), interToken: of('interToken') },
    ...{ overhead: of('overhead'), firstByte: of('firstByte') },
  }
}

function quantilesOf(sketch: Sketch): Quantiles {
  return { p50: inMs(sketch.quantile(0.5)), p99: inMs(sketch.quantile(0.99)), count: sketch.count }
}

function inMs(us: number | undefined): number | undefined {
  return us === undefined ? undefined : Math.round(us) / 1e3
}

export function labelsOf({ model, provider, target }: TargetName): readonly string[] {
  return [model, provider, target]
}

function nameOf([model = '', provider = '', target = '']: readonly string[]): TargetName {
  return { model, provider, target }
}
