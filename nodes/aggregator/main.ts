// The aggregator: the parts list. It only reads telemetry; when it is away, proxies serve on and keep their records.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Bus, decodeJson, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { decodeHeartbeat } from '../../cluster/membership/decode-heartbeat.ts'
import { PublishedWatch } from '../../cluster/membership/published-watch.ts'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Notify } from '../../shared/notice.ts'
import { metricsText } from '../../shared/telemetry/answers/metrics-text.ts'
import { targetsBody } from '../../shared/telemetry/answers/targets.ts'
import { Fleet } from '../../shared/telemetry/fleet.ts'
import { embeddedPartition, partitionsCount } from '../../shared/telemetry/partition.ts'
import type { AggregatorQuery } from '../../shared/telemetry/records.ts'
import type { Stored } from '../../shared/telemetry/stored.ts'
import { History } from './answers/requests.ts'
import { usageAnswer } from './answers/usage.ts'
import { Folds } from './fold.ts'
import { Ledger } from './ledger.ts'
import { recent, sinceStart } from './measured.ts'
import type { Publishing } from './publishing/start-publishing.ts'
import { openUsageDatabase } from './store/schema.ts'
import { UsageStore } from './store/usage-store.ts'

export interface AggregatorOptions {
  dataDir: string
  bus: Bus
  clock: Clock
  notify: Notify
  node: string
  /** Objectives and weights: their sums are committed together with usage. */
  publishing?: Pick<Publishing, 'tallies'>
  bounds?: { historyRowsMax: number; historyDays: number }
}

export interface Aggregator {
  /** Commits what was taken. */
  close(): void
}

const commitMs = 1_000
const everyPartition = Array.from({ length: partitionsCount }, (_, partition) => partition)

/**
 * Serves `subjects.aggregatorQuery`: answers are JSON (`{problem, path}` for a question that cannot be answered,
 * `{missing: true}` for an unknown request), `metrics` is Prometheus text. Throws when the folder cannot be used or
 * holds the database of a newer version.
 */
export function startAggregator(options: AggregatorOptions): Aggregator {
  const { dataDir, bus, clock, notify } = options
  mkdirSync(dataDir, { recursive: true })
  const bounds = options.bounds ?? {
    historyRowsMax: limits.requestHistoryRowsMax,
    historyDays: limits.requestHistoryDays,
  }
  const openStore = (): UsageStore => {
    const path = join(dataDir, 'usage.sqlite')
    const onAside = (movedTo: string): void =>
      notify({ type: 'warning', message: `usage.sqlite is damaged; it is now ${movedTo}, and usage begins anew` })
    const store = new UsageStore(openUsageDatabase(path, clock.wallMs(), onAside), bounds)
    store.forgetSources(clock.wallMs())
    return store
  }
  const tallies = options.publishing?.tallies ?? []
  const folds = new Folds(clock, tallies)
  const tell = (stored: Stored): void => bus.publish(subjects.telemetryStored, encodeJson(stored))
  const ledger = new Ledger({ openStore, folds, tallies, tell, clock, notify })
  const fleet = new Fleet(clock)
  const published = new PublishedWatch(bus, clock)
  const history = new History(() => ledger)

  const subscriptions = [
    bus.subscribe(
      subjects.telemetryBatch,
      (bytes) => void ledger.take({ partition: embeddedPartition, bytes, atMs: clock.wallMs() }),
    ),
    bus.subscribe(subjects.heartbeat, (payload) => {
      const heartbeat = decodeHeartbeat(payload)
      if (heartbeat === undefined) return
      fleet.hear(heartbeat)
      for (const { model, provider } of heartbeat.targets ?? []) folds.names.admit(model, provider)
    }),
    bus.serve(subjects.aggregatorQuery, (payload) => answer(decodeJson(payload) as AggregatorQuery)),
  ]
  const timer = clock.every(commitMs, () => ledger.commit())

  function answer(query: AggregatorQuery): Uint8Array {
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
      case 'targets':
        return encodeJson(
          targetsBody(fleet.targets(), recent(folds.among(partitions), folds.slot()), published.weights),
        )
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

  return {
    close() {
      timer.cancel()
      for (const subscription of subscriptions.reverse()) subscription.stop()
      published.stop()
      ledger.close()
    },
  }
}
