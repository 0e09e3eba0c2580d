// `GET /targets`: what nodes say about their targets now, with what was measured in the last minute.
import type { Measures } from '../measures.ts'
import type { TargetLoad } from '../records.ts'
import { Sketch } from '../sketch.ts'
import type { TargetWeight, WeightsMessage } from '../weights.ts'

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
  /** Under latency routing: parts of the draw, mean over proxies. */
  share?: NonNullable<TargetLoad['share']>
  /** As published: what its share is multiplied by, and why; how fast the fleet takes it to be, from how many answers. */
  multiplier?: number
  factors?: Record<string, number>
  estimate?: { firstTokenMs?: number; firstTokenCount: number; perTokenMs?: number; perTokenCount: number }
  health: TargetLoad['health'] | 'unknown'
  inFlight: number
}

export interface TargetsBody {
  targets: TargetItem[]
  /** Who publishes the weights, and how old they are; absent while nobody does. */
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
    // Measured, but no node that speaks has it any more, or none speaks yet.
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

/** Counts fade with age: what is known by less than half an answer is not said. */
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
