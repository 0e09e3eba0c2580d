// The aggregator in its thread: beside the other parts of its process, or as a node of a cluster that follows the log and
// beats like any other.
import type { Bus } from '../cluster/bus/bus.ts'
import { subjects } from '../cluster/bus/bus.ts'
import type { ConfigLog } from '../cluster/config-log/config-log.ts'
import { followTroubles } from '../cluster/config-log/follow-troubles.ts'
import { Follower } from '../cluster/config-log/follower.ts'
import { HighWaterFile } from '../cluster/config-log/high-water.ts'
import { LastGood } from '../cluster/config-log/last-good.ts'
import { SqliteLog } from '../cluster/config-log/sqlite-log.ts'
import { Pulse } from '../cluster/membership/pulse.ts'
import { deriveKeys } from '../cluster/secrets/keys.ts'
import { systemClock } from '../shared/clock.ts'
import type { Trouble } from '../shared/readiness.ts'
import type { LinkState } from '../shared/telemetry/records.ts'
import { startAggregator } from './aggregator/main.ts'
import { connectToCluster, openClusterLog } from './join-cluster.ts'
import type { RunningThread, ThreadContext } from './worker.ts'

export async function startAggregatorThread(context: ThreadContext): Promise<RunningThread> {
  const { task, bus, notify } = context
  const common = { dataDir: task.folder.path, clock: systemClock, notify, node: task.node }
  const cluster = await connectToCluster(context)
  if (cluster === undefined) {
    const aggregator = startAggregator({ ...common, bus })
    return { standing: () => ({ troubles: [] }), close: () => aggregator.close() }
  }
  const isOwnNode = task.role === 'aggregator'
  const shared = isOwnNode ? await openClusterLog(context, cluster, { appends: false }) : undefined
  const config = await follow(context, shared?.log)
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

/** Without a log of its own it reads the copy that another thread of this process keeps. */
async function follow({ task, bus, notify }: ThreadContext, own: ConfigLog | undefined) {
  const { macKey } = deriveKeys(task.masterKey)
  const { log: path, highWater: markPath } = task.folder.files
  const highWater = new HighWaterFile(markPath, macKey)
  const log = own ?? new SqliteLog({ path, readOnly: true, highWater })
  const lastGood = new LastGood({ folder: task.folder.configDir, macKey, notify })
  const keepLastGood = own !== undefined
  const common = { macKey, notify, clock: systemClock, onState: () => {} }
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
