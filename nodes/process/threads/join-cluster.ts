// What a thread holds of the cluster that its node is part of: a connection, the bus over it, the log that all share. All
// of it is there at once and works as well as it can: a cluster that is away comes when it comes.
import { encodeJson, subjects } from '../../../cluster/bus/bus.ts'
import { NatsBus } from '../../../cluster/bus/nats-bus.ts'
import { HighWaterFile } from '../../../cluster/config-log/log/high-water.ts'
import { JetStreamStream } from '../../../cluster/config-log/stream/jetstream-stream.ts'
import { ReplicatedLog } from '../../../cluster/config-log/replication/replicated-log.ts'
import { SqliteLog } from '../../../cluster/config-log/sqlite/sqlite-log.ts'
import { FirstBoot } from '../../../cluster/membership/first-boot.ts'
import { linkStateOf } from '../../../cluster/membership/link-state.ts'
import { linkTroubles, logTroubles } from '../../../cluster/membership/link-troubles.ts'
import { RevisionsHeard } from '../../../cluster/membership/revisions-heard.ts'
import { DiskProbe } from '../../../cluster/nats/disk-probe.ts'
import type { NatsLink } from '../../../cluster/nats/nats-link.ts'
import { openNatsLink } from '../../../cluster/nats/open-nats-link.ts'
import { FileKeyStore } from '../../../cluster/secrets/file-key-store.ts'
import { JetStreamKeyStream } from '../../../cluster/secrets/jetstream-key-stream.ts'
import { deriveKeys } from '../../../cluster/secrets/keys.ts'
import { SharedKeyStore } from '../../../cluster/secrets/shared-key-store.ts'
import { bounds } from '../../../shared/bounds.ts'
import { systemClock } from '../../../shared/clock.ts'
import type { Trouble } from '../../../shared/readiness.ts'
import type { LinkState } from '../../../shared/telemetry/records.ts'
import type { ThreadContext } from './worker.ts'

export interface Connected {
  readonly link: NatsLink
  readonly bus: NatsBus
  troubles(): Trouble[]
  /** For heartbeats; with the log, where this thread keeps it. */
  state(log?: ReplicatedLog): LinkState
  close(): Promise<void>
}

/** A start that finds its cluster begins with what is new; one that doesn't must not wait for it. */
const connectMsMax = 2_000

/** Undefined where everything is embedded. Resolves connected, or when that has taken long enough. */
export async function connectToCluster({ task, notify }: ThreadContext): Promise<Connected | undefined> {
  const { nats } = task.settings
  if (nats === undefined) return undefined
  const around = { clock: systemClock, chance: Math.random, notify }
  const opened = openNatsLink({ ...nats, ...around, name: `${task.node} ${task.part}` })
  if (!opened.ok) throw new Error(`HEADGATE_NATS_URL: ${opened.error.message}`)
  const link = opened.value
  const bus = new NatsBus({ link, ...around })
  await untilConnected(link)
  return {
    ...{ link, bus, troubles: () => linkTroubles(link), state: (log) => linkStateOf({ link, bus, log }) },
    close: async () => {
      bus.close()
      await link.close()
    },
  }
}

export interface ClusterLog {
  readonly log: ReplicatedLog
  /** The data keys that its events need. */
  readonly keys: SharedKeyStore
  troubles(): Trouble[]
  close(): Promise<void>
}

/** The log and the data keys, whose copies are this node's: of one data folder, one thread keeps them. `appends`: a control
 *  node. */
export async function openClusterLog(
  context: ThreadContext,
  { link, bus }: Connected,
  { appends }: { appends: boolean },
): Promise<ClusterLog> {
  const { task, notify } = context
  const { macKey } = deriveKeys(task.masterKey)
  const keys = followKeys(context, link, { writes: appends })
  const beforeStore = keys.lookBefore.bind(keys)
  const highWater = new HighWaterFile(task.folder.files.highWater, macKey)
  const copy = new SqliteLog({ path: task.folder.files.log, highWater })
  const head = await copy.head()
  const isNew = appends && head.ok && head.value.revision === 0 && highWater.read().type === 'absent'
  const firstBoot = new FirstBoot({ bus, link, clock: systemClock, isNew })
  const stream = new JetStreamStream({ link, clock: systemClock })
  const revisions = new RevisionsHeard(bus, systemClock)
  const forWriter = {
    mayCreate: () => firstBoot.mayBegin(),
    heardElsewhere: () => revisions.newest(),
    extendAfterMs: bounds.rewoundStreamMs,
  }
  const common = { stream, copy, macKey, notify, beforeStore, clock: systemClock }
  const log = new ReplicatedLog({ ...common, ...(appends ? forWriter : { readOnly: true }) })
  const probe = new DiskProbe({ link, clock: systemClock, notify })
  if (appends) probe.start()
  await log.start()
  return {
    ...{ log, keys, troubles: () => [...logTroubles(log, link), ...probe.troubles()] },
    close: async () => {
      probe.stop()
      firstBoot.stop()
      revisions.stop()
      await log.close()
      await keys.close()
    },
  }
}

function followKeys({ task, bus, notify }: ThreadContext, link: NatsLink, { writes }: { writes: boolean }) {
  const keys = deriveKeys(task.masterKey)
  const store = new SharedKeyStore({
    ...{ keys, notify, writes, clock: systemClock, stream: new JetStreamKeyStream(link) },
    file: new FileKeyStore(task.folder.files.dataKeys, keys.wrapKey),
    // The other threads of this process read the same file.
    onChange: () => bus.publish(subjects.keysChanged, encodeJson({})),
  })
  store.start()
  return store
}

function untilConnected(link: NatsLink): Promise<void> {
  return new Promise((resolve) => {
    const timer = systemClock.after(connectMsMax, done)
    const watch = link.onChange((isConnected) => {
      if (isConnected) setImmediate(done)
    })
    function done(): void {
      timer.cancel()
      watch.stop()
      resolve()
    }
  })
}
