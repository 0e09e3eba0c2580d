// The aggregator in its thread: beside the other parts of its process, or as a node of a cluster that beats like any other.
// Either way it follows the log, for the objectives that it judges and the targets that it weighs.
import type { Bus } from '../cluster/bus/bus.ts'
import { subjects } from '../cluster/bus/bus.ts'
import type { ConfigLog } from '../cluster/config-log/config-log.ts'
import { followTroubles } from '../cluster/config-log/follow-troubles.ts'
import { Follower } from '../cluster/config-log/follower.ts'
import { HighWaterFile } from '../cluster/config-log/high-water.ts'
import { LastGood } from '../cluster/config-log/last-good.ts'
import { SqliteLog } from '../cluster/config-log/sqlite-log.ts'
import { Pulse } from '../cluster/membership/pulse.ts'
import { FileKeyStore } from '../cluster/secrets/file-key-store.ts'
import { deriveKeys } from '../cluster/secrets/keys.ts'
import { SecretBox } from '../cluster/secrets/secret-box.ts'
import { systemClock } from '../shared/clock.ts'
import type { ConfigState } from '../shared/config/state.ts'
import type { Trouble } from '../shared/readiness.ts'
import { embeddedPartition } from '../shared/telemetry/partition.ts'
import type { LinkState } from '../shared/telemetry/records.ts'
import { startAggregator } from './aggregator/main.ts'
import { startPublishing } from './aggregator/publishing/start-publishing.ts'
import { connectToCluster, openClusterLog } from './join-cluster.ts'
import type { RunningThread, ThreadContext } from './worker.ts'

export async function startAggregatorThread(context: ThreadContext): Promise<RunningThread> {
  const { task, bus, notify } = context
  const common = { dataDir: task.folder.path, clock: systemClock, notify, node: task.node }
  const cluster = await connectToCluster(context)
  if (cluster === undefined) {
    const publishing = publish(context)
    const aggregator = startAggregator({ ...common, bus, publishing })
    const config = await follow(context, { onState: publishing.configure })
    return {
      standing: () => ({ troubles: [] }),
      close: async () => {
        await config.close()
        publishing.stop()
        aggregator.close()
      },
    }
  }
  const isOwnNode = task.role === 'aggregator'
  const shared = isOwnNode ? await openClusterLog(context, cluster, { appends: false }) : undefined
  const config = await follow(context, { own: shared?.log, onState: () => {} })
  const troubles = () => [...cluster.troubles(), ...(shared?.troubles() ?? []), ...config.troubles()]
  const aggregator = startAggregator({ ...common, bus: cluster.bus })
  // In a process with every role the proxy beats for all of it.
  const link = () => cluster.state(shared?.log)
  const pulse = isOwnNode ? beat(context, cluster.bus, { follower: config.follower, troubles, link }) : undefined
  return {
    standing: () => ({ troubles: isOwnNode ? troubles() : cluster.troubles(), heartbeat: pulse?.read() }),
    close: async () => {
      pulse?.stop()
      aggregator.close()
      await config.close()
      await shared?.close()
      await cluster.close()
    },
  }
}

/** The only aggregator: it keeps all usage, and nobody else publishes. */
function publish({ task, bus, notify }: ThreadContext) {
  // Later starts publish under higher epochs, as later holders of a lease do.
  const epoch = Math.floor(systemClock.wallMs() / 1_000)
  const secrets = new SecretBox(new FileKeyStore(task.folder.files.dataKeys, deriveKeys(task.masterKey).wrapKey))
  return startPublishing({
    ...{ node: task.node, bus, clock: systemClock, chance: Math.random, notify },
    egressStrict: task.settings.egressStrict,
    openSecret(secret) {
      const opened = secrets.open(secret)
      return opened.ok ? opened.value : undefined
    },
    owned: () => [{ partition: embeddedPartition, epoch }],
    publisherEpoch: () => epoch,
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
}

function beat({ task }: ThreadContext, bus: Bus, { follower, troubles, link }: BeatFacts): Pulse {
  const { node: name, version, settings } = task
  const pulse = new Pulse({
    ...{ bus, clock: systemClock, node: { name, role: 'aggregator', version, region: settings.region } },
    facts: () => ({ status: follower.status, troubles: troubles(), link: link() }),
  })
  pulse.beat()
  return pulse
}
