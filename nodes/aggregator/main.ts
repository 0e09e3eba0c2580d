// The aggregator: the parts list. It only reads telemetry; when it is away, proxies serve on and keep their records.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Bus, decodeJson, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { decodeHeartbeat } from '../../cluster/membership/decode-heartbeat.ts'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Notify } from '../../shared/notice.ts'
import type { AggregatorQuery } from '../../shared/telemetry/records.ts'
import { metricsText } from './answers/metrics.ts'
import { History } from './answers/requests.ts'
import { targetsAnswer } from './answers/targets.ts'
import { usageAnswer } from './answers/usage.ts'
import { Fleet } from './fleet.ts'
import { Fold } from './fold.ts'
import { Ledger } from './ledger.ts'
import { openUsageDatabase } from './store/schema.ts'
import { UsageStore } from './store/usage-store.ts'

export interface AggregatorOptions {
  dataDir: string
  bus: Bus
  clock: Clock
  notify: Notify
  node: string
  bounds?: { historyRowsMax: number; historyDays: number }
}

export interface Aggregator {
  /** Commits what was taken. */
  close(): void
}

const commitMs = 1_000

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
  const fold = new Fold(clock)
  const ledger = new Ledger({ openStore, fold, bus, clock, notify })
  const fleet = new Fleet(clock)
  const history = new History(
    () => ledger.store,
    () => ledger.pending,
  )

  const subscriptions = [
    bus.subscribe(subjects.telemetryBatch, (payload) => ledger.take(payload)),
    bus.subscribe(subjects.heartbeat, (payload) => {
      const heartbeat = decodeHeartbeat(payload)
      if (heartbeat === undefined) return
      fleet.hear(heartbeat)
      for (const { model, provider } of heartbeat.targets ?? []) fold.counts.admit(model, provider)
    }),
    bus.serve(subjects.aggregatorQuery, (payload) => answer(decodeJson(payload) as AggregatorQuery)),
  ]
  const timer = clock.every(commitMs, () => ledger.commit())

  function answer(query: AggregatorQuery): Uint8Array {
    switch (query.type) {
      case 'usage': {
        const usage = usageAnswer(query, ledger.store, fold.usage.cells(), clock.wallMs())
        return encodeJson(usage.ok ? usage.value : usage.error)
      }
      case 'requests': {
        const page = history.page(query)
        return encodeJson(page.ok ? page.value : page.error)
      }
      case 'request':
        return encodeJson(history.find(query.id) ?? { missing: true })
      case 'targets':
        return encodeJson(targetsAnswer(fleet, fold.latency, fold.slot()))
      case 'metrics':
        return new TextEncoder().encode(metricsText(fleet, fold.latency, fold.counts))
      default:
        query satisfies never
        return encodeJson({ problem: 'is not a query of this version', path: 'type' })
    }
  }

  return {
    close() {
      timer.cancel()
      for (const subscription of subscriptions.reverse()) subscription.stop()
      ledger.close()
    },
  }
}
