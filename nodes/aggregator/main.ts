// The aggregator: the parts list. It only reads telemetry; when it is away, proxies serve on and keep their records.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  aggregatorQueryOf,
  type Bus,
  decodeJson,
  encodeJson,
  subjects,
  telemetryStoredOf,
} from '../../cluster/bus/bus.ts'
import type { LeaseKeeper } from '../../cluster/leases/lease-keeper.ts'
import { decodeHeartbeat } from '../../cluster/membership/decode-heartbeat.ts'
import { PublishedWatch } from '../../cluster/membership/published-watch.ts'
import type { UsageMac } from '../../cluster/telemetry-stream/usage-mac.ts'
import type { UsageStream } from '../../cluster/telemetry-stream/usage-stream.ts'
import { bounds } from '../../shared/bounds.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import type { Trouble } from '../../shared/readiness.ts'
import type { AnsweredPartition } from '../../shared/telemetry/answers/answer-part.ts'
import { Fleet } from '../../shared/telemetry/fleet.ts'
import { embeddedPartition } from '../../shared/telemetry/partition.ts'
import type { AggregatorQuery, NodeHeartbeat } from '../../shared/telemetry/records.ts'
import type { Stored } from '../../shared/telemetry/stored.ts'
import { Answers } from './answers/answers.ts'
import { Folds } from './fold.ts'
import type { MacKeys } from './ledger/chain.ts'
import { Ledger } from './ledger/ledger.ts'
import type { Publishing } from './publishing/start-publishing.ts'
import { openUsageStore, type UsageStore } from './store/usage-store.ts'
import { ParkedUsage } from './stream/parked-usage.ts'
import { PartitionReplicas } from './stream/partition-replicas.ts'
import { UsageCommitter } from './usage-committer.ts'

export interface AggregatorOptions {
  dataDir: string
  bus: Bus
  clock: Clock
  notify: Notify
  node: string
  /** Objectives and weights: their sums are committed together with usage. */
  publishing?: Pick<Publishing, 'tallies'>
  /** The shared stream; absent in an embedded aggregator, which takes batches from the bus and keeps them all. */
  cluster?: ClusterUsage
  bounds?: { historyRowsMax: number; historyDays: number }
  /** The keys of the ledger's heads: the first one proves, all are accepted. */
  ledgerKeys: MacKeys
  /** How long money events are kept. */
  ledgerDays?: number
  /** Users, and models named by callers, that have sums of their own: for each key in a day. */
  namesPerKeyMax?: number
}

export interface ClusterUsage {
  stream: UsageStream
  /** Proves the batches of the stream. */
  mac: UsageMac
  leases: Pick<LeaseKeeper, 'lease'>
  /** The id of this boot; it is unique. */
  boot: string
}

export interface Aggregator {
  /** Partitions for which this node may speak now, with the epochs under which it does. */
  owned(): { partition: number; epoch: number }[]
  troubles(): Trouble[]
  queues(): NodeHeartbeat['queues']
  /** Commits what was taken; embedded before it returns. */
  close(): Promise<void>
}

const commitMs = 1_000
const embedded: AnsweredPartition = { partition: embeddedPartition, isCaughtUp: true, lagMs: 0, completeSinceMs: 0 }

/** Opens the database of usage; a damaged one is set aside. */
function storeOpener({ dataDir, clock, notify, bounds: ownBounds }: AggregatorOptions): () => UsageStore {
  const { requestHistoryRowsMax: historyRowsMax, requestHistoryDays: historyDays } = bounds
  const onAside = (movedTo: string): void =>
    notify({ type: 'warning', message: `usage.sqlite is damaged; it is now ${movedTo}, and usage begins anew` })
  return () => {
    const path = join(dataDir, 'usage.sqlite')
    return openUsageStore({ path, wallMs: clock.wallMs(), onAside }, ownBounds ?? { historyRowsMax, historyDays })
  }
}

/** Serves `subjects.aggregatorQuery`. Throws when the folder cannot be used or holds the database of a newer version. */
export function startAggregator(options: AggregatorOptions): Aggregator {
  const { dataDir, bus, clock, notify } = options
  mkdirSync(dataDir, { recursive: true })
  const openStore = storeOpener(options)
  const { cluster, node } = options
  const parked = new ParkedUsage()
  const tallies = [...(options.publishing?.tallies ?? []), ...(cluster === undefined ? [] : [parked])]
  const { ledgerKeys, namesPerKeyMax } = options
  const ledger = new Ledger({ keys: ledgerKeys, days: options.ledgerDays ?? bounds.ledgerDays, notify })
  const folds = new Folds({ clock, tallies, namesPerKeyMax, ledger })
  const tell = (stored: Stored): void =>
    bus.publish(cluster === undefined ? subjects.telemetryStored : telemetryStoredOf(stored.node), encodeJson(stored))
  const committer = new UsageCommitter({
    openStore,
    folds,
    tallies: [...tallies, ledger],
    ask: tell,
    clock,
    notify,
    onCommitted(sources) {
      if (keeping !== undefined) keeping.committed(sources)
      else for (const { node, epoch, sequence } of sources) tell({ node, epoch, sequence, gap: false })
    },
    onAnew: () => keeping?.restart(),
  })
  const keeping = cluster && new PartitionReplicas({ ...cluster, node, committer, parked, tell, bus, clock, notify })
  const fleet = new Fleet(clock)
  const published = new PublishedWatch(bus, clock)
  const kept = (): readonly AnsweredPartition[] => keeping?.standing() ?? [embedded]
  const boot = cluster?.boot ?? ''
  const answers = new Answers({ committer, folds, ledger, ledgerKeys, fleet, published, clock, kept, boot })
  const queried = (payload: Uint8Array): AggregatorQuery => decodeJson(payload) as AggregatorQuery

  const takeBatch = (bytes: Uint8Array): void =>
    void committer.take({ partition: embeddedPartition, bytes, atMs: clock.wallMs() })
  const subscriptions = [
    ...(cluster === undefined ? [bus.subscribe(subjects.telemetryBatch, takeBatch)] : []),
    bus.subscribe(subjects.heartbeat, (payload) => hearNode(decodeHeartbeat(payload), fleet, folds)),
    // Serves callers that know of only one aggregator.
    bus.serve(subjects.aggregatorQuery, (payload) => answers.whole(queried(payload))),
    bus.serve(aggregatorQueryOf(node), (payload) => answers.part(queried(payload))),
  ]
  const timer = clock.every(commitMs, () => {
    countParked(parked, committer, cluster)
    folds.addOrphans()
    committer.commit()
  })
  keeping?.start()

  return {
    owned: () => keeping?.owned() ?? [],
    troubles: () => [...usageTroubles(committer, keeping), ...ledger.troubles()],
    queues: () => ({ usageToCommit: { length: committer.pending.length, dropped: 0 }, usageParked: parked.state }),
    close() {
      timer.cancel()
      for (const subscription of subscriptions.reverse()) subscription.stop()
      published.stop()
      if (keeping !== undefined) return keeping.stop().then(() => committer.close())
      committer.close()
      return Promise.resolve()
    },
  }
}

function hearNode(heartbeat: NodeHeartbeat | undefined, fleet: Fleet, folds: Folds): void {
  if (heartbeat === undefined) return
  fleet.hear(heartbeat)
  for (const { model, provider, direct } of heartbeat.targets ?? []) {
    if (direct !== true) folds.names.admit(model, provider)
  }
}

/** Counts batches that earlier runs could not prove and that are proven now. */
function countParked(parked: ParkedUsage, committer: UsageCommitter, cluster: ClusterUsage | undefined): void {
  if (cluster === undefined || committer.isFailing) return
  const { mac } = cluster
  parked.judgeAgain(
    (batch) => mac.judgeAgain(batch) === 'genuine',
    ({ partition, bytes, atMs }) => (committer.take({ partition, bytes, atMs }).type === 'full' ? 'full' : 'taken'),
  )
}

function usageTroubles(committer: UsageCommitter, keeping: PartitionReplicas | undefined): Trouble[] {
  const unread = keeping?.troubles().map((trouble) => `usage is not read: ${trouble}`) ?? []
  const reasons = [...(committer.isFailing ? ['usage cannot be committed'] : []), ...unread]
  return reasons.map((reason) => ({ level: 'degraded', reason }))
}
