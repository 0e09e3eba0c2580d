// What a thread holds of the cluster that its node is part of: a connection, the bus over it, the log that all share. All
// of it is there at once and works as well as it can: a cluster that is away comes when it comes.
import { NatsBus } from '../cluster/bus/nats-bus.ts'
import { HighWaterFile } from '../cluster/config-log/high-water.ts'
import { JetStreamStream } from '../cluster/config-log/jetstream-stream.ts'
import { ReplicatedLog } from '../cluster/config-log/replicated-log.ts'
import { SqliteLog } from '../cluster/config-log/sqlite-log.ts'
import { FirstBoot } from '../cluster/membership/first-boot.ts'
import { linkStateOf } from '../cluster/membership/link-state.ts'
import { linkTroubles, logTroubles } from '../cluster/membership/link-troubles.ts'
import type { NatsLink } from '../cluster/nats/nats-link.ts'
import { openNatsLink } from '../cluster/nats/open-nats-link.ts'
import { deriveKeys } from '../cluster/secrets/keys.ts'
import { systemClock } from '../shared/clock.ts'
import type { Trouble } from '../shared/readiness.ts'
import type { LinkState } from '../shared/telemetry/records.ts'
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

/** The log, whose verified copy is this node's: of one data folder, one thread keeps it. `appends`: a control node. */
export async function openClusterLog(
  { task, notify }: ThreadContext,
  { link, bus }: Connected,
  { appends }: { appends: boolean },
): Promise<{ log: ReplicatedLog; troubles: () => Trouble[]; close: () => Promise<void> }> {
  const { macKey } = deriveKeys(task.masterKey)
  const highWater = new HighWaterFile(task.folder.files.highWater, macKey)
  const copy = new SqliteLog({ path: task.folder.files.log, highWater })
  const head = await copy.head()
  const isNew = appends && head.ok && head.value.revision === 0 && highWater.read().type === 'absent'
  const firstBoot = new FirstBoot({ bus, link, clock: systemClock, isNew })
  const stream = new JetStreamStream({ link, clock: systemClock })
  const mayCreate = () => firstBoot.mayBegin()
  const common = { stream, copy, macKey, notify, clock: systemClock }
  const log = new ReplicatedLog({ ...common, ...(appends ? { mayCreate } : { readOnly: true }) })
  await log.start()
  return {
    ...{ log, troubles: () => logTroubles(log, link) },
    close: async () => {
      firstBoot.stop()
      await log.close()
    },
  }
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
