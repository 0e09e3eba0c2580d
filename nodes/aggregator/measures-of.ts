// What the folds of some partitions hold, in the form in which it is merged with those of others.
import { labelsOf, latencyMetrics } from '../../shared/telemetry/answers/targets.ts'
import { Measures } from '../../shared/telemetry/measures.ts'
import { Sketch } from '../../shared/telemetry/sketch.ts'
import type { Fold } from './fold.ts'

const empty = new Sketch()

/** Counts and distributions since start: for metrics. */
export function sinceStart(folds: Iterable<Fold>): Measures {
  const measures = new Measures()
  for (const { counts, latency, names, namesOfDay } of folds) {
    countsInto(measures, counts)
    for (const [name, count] of Object.entries(namesOfDay.others)) measures.count('others', [name], count)
    for (const row of latency.rows()) {
      for (const metric of latencyMetrics) {
        const sketch = row[metric]
        if (sketch !== undefined) measures.distribution(metric, names.targetLabelsOf(row), sketch.sinceStart())
      }
    }
  }
  return measures
}

/** Latencies of the window that ends with `slot`; empty ones too, so that every target that was measured is named. */
export function recent(folds: Iterable<Fold>, slot: number): Measures {
  const measures = new Measures()
  for (const { latency } of folds) {
    for (const row of latency.rows()) {
      for (const metric of latencyMetrics) {
        if (row[metric] !== undefined) measures.distribution(metric, labelsOf(row), row[metric].recent(slot) ?? empty)
      }
    }
  }
  return measures
}

const perModel = [
  ...(['inputTokens', 'outputTokens', 'cachedTokens', 'costNanoUsd', 'savedNanoUsd', 'fallbacks'] as const),
]

function countsInto(measures: Measures, counts: Fold['counts']): void {
  for (const row of counts.rows()) {
    const labels = [row.model, row.provider]
    for (const [status, count] of Object.entries(row.byStatus)) measures.count('requests', [...labels, status], count)
    for (const name of perModel) measures.count(name, labels, row[name])
    for (const name of ['duration', 'inputSizes', 'outputSizes'] as const)
      measures.distribution(name, labels, row[name])
  }
  for (const [result, count] of Object.entries(counts.cache)) measures.count('cache', [result], count)
  measures.count('rateLimited', [], counts.rateLimited)
  for (const [provider, count] of counts.retriesWithheld) measures.count('retriesWithheld', [provider], count)
  measures.distribution('overheadOfAll', [], counts.overhead)
}
