// `GET /targets`: the state of the targets by the heartbeats, with the latencies of the last minute.
import type { Measures } from '../measures.ts'
import type { TargetLoad } from '../records.ts'
import { Sketch } from '../sketch.ts'
import type { TargetWeight, WeightsMessage } from '../weights.ts'

/** The latencies of a target, in microseconds; each is a distribution by model, provider and target. */
export const latencyMetrics = ['total', 'ttft', 'interToken', 'overhead', 'firstByte'] as const
export type LatencyMetric = (typeof latencyMetrics)[number]

export const latencyWindowSeconds = 60

/** Milliseconds in the window; undefined (absent in JSON) without measurements. */
export interface Quantiles {
  p50: number | undefined
  p99: number | undefined
  count: number
}

type TargetName = Pick<TargetLoad, 'model' | 'provider' | 'target'>

export interface TargetItem extends TargetName, Record<LatencyMetric, Quantiles> {
  weight: number
  /** The target's share of the traffic under latency routing, the mean over all proxies. */
  share?: NonNullable<TargetLoad['share']>
  /** The published multiplier of the share and its factors, and the fleet's latency estimate with the number of answers
   *  behind it. */
  multiplier?: number
  factors?: Record<string, number>
  estimate?: { firstTokenMs?: number; firstTokenCount: number; perTokenMs?: number; perTokenCount: number }
  health: TargetLoad['health'] | 'unknown'
  inFlight: number
}

export interface TargetsBody {
  targets: TargetItem[]
  /** The publisher of the weights, and their age; absent while nobody publishes. */
  weights?: { publisher: string; epoch: number; revision: number; ageMs: number; stale: boolean }
  windowSeconds: number
}

const empty = new Sketch()

export interface SaidWeights {
  readonly message: WeightsMessage
  readonly ageMs: number
  readonly isStale: boolean
}

export function targetsBody(loads: readonly TargetLoad[], recent: Measures, said?: SaidWeights): TargetsBody {
  const measured = new Map<string, TargetName>()
  for (const metric of latencyMetrics) {
    for (const { labels } of recent.distributions(metric)) measured.set(JSON.stringify(labels), nameOf(labels))
  }
  for (const load of loads) measured.delete(JSON.stringify(labelsOf(load)))
  const targets = [
    ...loads.map((load) => ({ ...itemOf(load, recent), ...weightOf(said?.message, load) })),
    // Targets that were measured, but are in no current heartbeat.
    ...[...measured.values()].map((name) => itemOf({ ...name, weight: 0, health: 'unknown', inFlight: 0 }, recent)),
  ]
  return { targets, ...weightsOf(said), windowSeconds: latencyWindowSeconds }
}

function weightsOf(said: SaidWeights | undefined): Pick<TargetsBody, 'weights'> {
  if (said === undefined) return {}
  const { publisher, epoch, revision } = said.message
  return { weights: { publisher, epoch, revision, ageMs: said.ageMs, stale: said.isStale } }
}

function weightOf(message: WeightsMessage | undefined, load: TargetLoad): Partial<TargetItem> {
  const weight = message?.targets.find(
    ({ model, provider, target }) => model === load.model && provider === load.provider && target === load.target,
  )
  const share = load.share === undefined ? {} : { share: load.share }
  if (weight === undefined) return share
  const { multiplier, factors } = weight
  return { ...share, multiplier, factors, estimate: estimateOf(weight) }
}

/** Counts decay with age: an estimate from less than half an answer is omitted. */
function estimateOf({ firstUs, firstCount, tokenUs, tokenCount }: TargetWeight): NonNullable<TargetItem['estimate']> {
  const inTenths = (count: number) => Math.round(count * 10) / 10
  return {
    ...(firstCount < 0.5 ? {} : { firstTokenMs: Math.round(firstUs) / 1e3 }),
    firstTokenCount: inTenths(firstCount),
    ...(tokenCount < 0.5 ? {} : { perTokenMs: Math.round(tokenUs) / 1e3 }),
    perTokenCount: inTenths(tokenCount),
  }
}

function itemOf(load: Omit<TargetItem, LatencyMetric>, recent: Measures): TargetItem {
  const of = (metric: LatencyMetric): Quantiles => quantilesOf(recent.find(metric, labelsOf(load)) ?? empty)
  const { model, provider, target, weight, health, inFlight } = load
  return {
    model,
    provider,
    target,
    weight,
    health,
    inFlight,
    total: of('total'),
    ttft: of('ttft'),
    interToken: of('interToken'),
    overhead: of('overhead'),
    firstByte: of('firstByte'),
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
