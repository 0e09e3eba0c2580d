// The aggregator in its thread: beside the other parts of its process, or as a node of a cluster that beats like any other.
// Either way it follows the log, for the objectives that it judges and the targets that it weighs.
import { randomUUID } from 'node:crypto'
import type { Bus } from '../../../cluster/bus/bus.ts'
import { subjects } from '../../../cluster/bus/bus.ts'
import type { ConfigLog } from '../../../cluster/config-log/log/config-log.ts'
import { followTroubles } from '../../../cluster/config-log/follower/follow-troubles.ts'
import { Follower } from '../../../cluster/config-log/follower/follower.ts'
import { HighWaterFile } from '../../../cluster/config-log/log/high-water.ts'
import { LastGood } from '../../../cluster/config-log/follower/last-good.ts'
import { SqliteLog } from '../../../cluster/config-log/sqlite/sqlite-log.ts'
import { JetStreamLeaseStore } from '../../../cluster/leases/jetstream-lease-store.ts'
import { LeaseKeeper } from '../../../cluster/leases/lease-keeper.ts'
import { HeartbeatPublisher } from '../../../cluster/membership/heartbeat-publisher.ts'
import { FileKeyStore } from '../../../cluster/secrets/file-key-store.ts'
import { deriveKeys } from '../../../cluster/secrets/keys.ts'
import { SecretBox } from '../../../cluster/secrets/secret-box.ts'
import { announceState } from '../../../cluster/state/announced-state.ts'
import { serveState } from '../../../cluster/state/bus-state-store.ts'
import { sealState } from '../../../cluster/state/sealed-state.ts'
import { SqliteStateStore } from '../../../cluster/state/sqlite-state-store.ts'
import { JetStreamUsageStream } from '../../../cluster/telemetry-stream/jetstream-usage-stream.ts'
import { systemClock } from '../../../shared/clock.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { Trouble } from '../../../shared/readiness.ts'
import { embeddedPartition } from '../../../shared/telemetry/partition.ts'
import type { LinkState, NodeHeartbeat } from '../../../shared/telemetry/records.ts'
import { startAggregator } from '../../aggregator/main.ts'
import {
  type Publishing,
  type PublishingOptions,
  startPublishing,
} from '../../aggregator/publishing/start-publishing.ts'
import { type Connected, connectToCluster, openClusterLog } from './join-cluster.ts'
import type { RunningThread, ThreadContext } from './worker.ts'

export async function startAggregatorThread(context: ThreadContext): Promise<RunningThread> {
  const cluster = await connectToCluster(context)
  return cluster === undefined ? startAlone(context) : startInCluster(context, cluster)
}

/** The only aggregator: it keeps all usage, and nobody else publishes. */
async function startAlone(context: ThreadContext): Promise<RunningThread> {
  const { bus } = context
  // Later starts publish under higher epochs, as later holders of a lease do.
  const epoch = Math.floor(systemClock.wallMs() / 1_000)
  const publisherEpoch = () => epoch
  const publishing = publish(context, { bus, publisherEpoch, owned: () => [{ partition: embeddedPartition, epoch }] })
  const aggregator = startAggregator({ ...common(context), bus, publishing })
  const config = await follow(context, { onState: publishing.configure })
  const state = keepState(context)
  return {
    standing: () => ({ troubles: aggregator.troubles() }),
    close: async () => {
      await state.close()
      await config.close()
      publishing.stop()
      await aggregator.close()
    },
  }
}

async function startInCluster(context: ThreadContext, cluster: Connected): Promise<RunningThread> {
  const { bus } = cluster
  const isOwnNode = context.task.role === 'aggregator'
  const shared = isOwnNode ? await openClusterLog(context, cluster, { appends: false }) : undefined
  const usage = joinUsage(context, cluster)
  const publisher = usage.leases.lease('publisher')
  publisher.wish('hold')
  const owned = () => aggregator.owned()
  const publishing = publish(context, { bus, owned, publisherEpoch: () => publisher.epoch })
  const aggregator = startAggregator({ ...common(context), bus, publishing, cluster: usage })
  const config = await follow(context, { own: shared?.log, onState: publishing.configure })
  // While the whole of NATS is away, the link says so.
  const usageTroubles = () => (cluster.link.status.isConnected ? aggregator.troubles() : [])
  const ownTroubles = () => [...cluster.troubles(), ...usageTroubles()]
  const troubles = () => [...ownTroubles(), ...(shared?.troubles() ?? []), ...config.troubles()]
  const link = () => cluster.state(shared?.log)
  const facts = { follower: config.follower, troubles, link, queues: () => aggregator.queues() }
  // In a process with every role the proxy beats for all of it.
  const pulse = isOwnNode ? beat(context, bus, facts) : undefined
  return {
    standing: () => ({ troubles: isOwnNode ? troubles() : ownTroubles(), heartbeat: pulse?.read() }),
    close: async () => {
      pulse?.stop()
      publishing.stop()
      await usage.leases.stop()
      await aggregator.close()
      await config.close()
      await shared?.close()
      await cluster.close()
    },
  }
}

/** What requests leave behind lies in this process: this is the thread that has a disk to wait for. */
function keepState({ task, bus, notify }: ThreadContext): { close(): Promise<void> } {
  const file = new SqliteStateStore({ path: task.folder.files.state, clock: systemClock })
  const store = announceState(file, { clock: systemClock, notify })
  const serving = serveState(bus, sealState(store, deriveKeys(task.masterKey).stateKey))
  return {
    close: async () => {
      serving.stop()
      await store.close()
    },
  }
}

function common({ task, notify }: ThreadContext) {
  return { dataDir: task.folder.path, clock: systemClock, notify, node: task.node }
}

/** The stream of usage, and the leases of those who keep it. */
function joinUsage({ task }: ThreadContext, { link }: Connected) {
  const boot = randomUUID()
  const stream = new JetStreamUsageStream({ link, clock: systemClock, mayCreate: true })
  const store = new JetStreamLeaseStore({ link })
  const leases = new LeaseKeeper({ store, clock: systemClock, owner: `${task.node}/${boot}` })
  leases.start()
  return { boot, stream, leases }
}

function publish(
  { task, notify }: ThreadContext,
  around: Pick<PublishingOptions, 'bus' | 'owned' | 'publisherEpoch'>,
): Publishing {
  const secrets = new SecretBox(new FileKeyStore(task.folder.files.dataKeys, deriveKeys(task.masterKey).wrapKey))
  return startPublishing({
    ...{ node: task.node, clock: systemClock, chance: Math.random, notify },
    ...around,
    egressStrict: task.settings.egressStrict,
    openSecret(secret) {
      const opened = secrets.open(secret)
      return opened.ok ? opened.value : undefined
    },
  })
}

interface Following {
  /** Without a log of its own it reads the copy that another thread of this process keeps. */
  own?: ConfigLog | undefined
  onState: (state: ConfigState) => void
}

async function follow({ task, bus, notify }: ThreadContext, { own, onState }: Following) {
  const { macKey } = deriveKeys(task.masterKey)
  const { log: path, highWater: markPath } = task.folder.files
  const highWater = new HighWaterFile(markPath, macKey)
  const log = own ?? new SqliteLog({ path, readOnly: true, highWater })
  const lastGood = new LastGood({ folder: task.folder.configDir, macKey, notify })
  const keepLastGood = own !== undefined
  const common = { macKey, notify, clock: systemClock, onState }
  const follower = new Follower({ ...common, log, highWater, lastGood, keepLastGood })
  await follower.boot()
  follower.start()
  const hint = bus.subscribe(subjects.configAppended, () => void follower.look())
  return {
    follower,
    troubles: () => followTroubles(follower.status),
    close: async () => {
      hint.stop()
      await follower.stop()
      if (own === undefined) await log.close()
    },
  }
}

interface BeatFacts {
  readonly follower: Follower
  troubles(): Trouble[]
  link(): LinkState
  queues(): NodeHeartbeat['queues']
}

function beat({ task }: ThreadContext, bus: Bus, { follower, troubles, link, queues }: BeatFacts): HeartbeatPublisher {
  const { node: name, version, settings } = task
  const pulse = new HeartbeatPublisher({
    ...{ bus, clock: systemClock, node: { name, role: 'aggregator', version, region: settings.region } },
    facts: () => ({ status: follower.status, troubles: troubles(), link: link(), queues: queues() }),
  })
  pulse.beat()
  return pulse
}
