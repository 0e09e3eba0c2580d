// One question over the bus, answered: JSON (`{problem, path}` for a question that cannot be answered, `{missing: true}` for
// an unknown request); `metrics` is Prometheus text.
import { encodeJson } from '../../../cluster/bus/bus.ts'
import type { PublishedWatch } from '../../../cluster/membership/published-watch.ts'
import type { Clock } from '../../../shared/clock.ts'
import { metricsText } from '../../../shared/telemetry/answers/metrics-text.ts'
import { targetsBody } from '../../../shared/telemetry/answers/targets.ts'
import type { Fleet } from '../../../shared/telemetry/fleet.ts'
import { partitionsCount } from '../../../shared/telemetry/partition.ts'
import type { AggregatorQuery } from '../../../shared/telemetry/records.ts'
import type { Folds } from '../fold.ts'
import type { Ledger } from '../ledger.ts'
import { recent, sinceStart } from '../measured.ts'
import type { History } from './requests.ts'
import { usageAnswer } from './usage.ts'

export interface Known {
  readonly folds: Folds
  readonly ledger: Ledger
  readonly fleet: Fleet
  readonly history: History
  readonly published: PublishedWatch
  readonly clock: Clock
}

const everyPartition = Array.from({ length: partitionsCount }, (_, partition) => partition)

export function answerQuery(query: AggregatorQuery, known: Known): Uint8Array {
  const { folds, ledger, fleet, history, published, clock } = known
  const { partitions = everyPartition } = query
  switch (query.type) {
    case 'usage': {
      const unstored = [...folds.among(partitions)].map((fold) => fold.usage.cells())
      const usage = usageAnswer(query, ledger.store, unstored, clock.wallMs(), partitions)
      return encodeJson(usage.ok ? usage.value : usage.error)
    }
    case 'requests': {
      const page = history.page(query, partitions)
      return encodeJson(page.ok ? page.value : page.error)
    }
    case 'request':
      return encodeJson(history.find(query.id, partitions) ?? { missing: true })
    case 'targets': {
      const measured = recent(folds.among(partitions), folds.slot())
      return encodeJson(targetsBody(fleet.targets(), measured, published.weights))
    }
    case 'metrics': {
      const heard = { heartbeats: fleet.heartbeats(), targets: fleet.targets() }
      const said = { state: published.state?.message, weights: published.weights?.message }
      return new TextEncoder().encode(metricsText(heard, sinceStart(folds.among(partitions)), said))
    }
    default:
      query satisfies never
      return encodeJson({ problem: 'is not a query of this version', path: 'type' })
  }
}
