// Composes the parts of a node as its composition root does, over models of everything unreliable.

import type { ConfigState } from '../../shared/config/state.ts'
import type { Notify } from '../../shared/notice.ts'
import type { Bus } from '../bus/bus.ts'
import { Follower } from '../config-log/follower/follower.ts'
import { LastGood } from '../config-log/follower/last-good.ts'
import { HighWaterFile } from '../config-log/log/high-water.ts'
import { ReplicatedLog } from '../config-log/replication/replicated-log.ts'
import type { EventStream } from '../config-log/stream/event-stream.ts'
import { ConfigWriter } from '../config-log/writer/config-writer.ts'
import { FirstBoot } from '../membership/first-boot.ts'
import { RevisionsHeard } from '../membership/revisions-heard.ts'
import type { NatsLink } from '../nats/nats-link.ts'
import type { NodeClock } from './engine/life.ts'
import { DiskLog, type SimulatedDatabase } from './models/disk-log.ts'
import type { Mount } from './models/simulated-disk.ts'

export const simulatedMacKey = new Uint8Array(32).fill(7)
export const dataFolder = '/data'
export const markPath = `${dataFolder}/high-water.json`

export interface PartsOptions {
  clock: NodeClock
  mount: Mount
  database: SimulatedDatabase
  stream: EventStream
  notify: Notify
  onState: (state: ConfigState) => void
}

export interface Parts {
  log: ReplicatedLog
  follower: Follower
  writer: ConfigWriter | undefined
  stop(): Promise<void>
}

const macKey = simulatedMacKey

export async function startControlParts(
  options: PartsOptions & { bus: Bus; link: Pick<NatsLink, 'status'>; newCommandId: () => string },
): Promise<Parts> {
  const { clock, mount, database, bus, link, stream, notify, onState, newCommandId } = options
  const highWater = new HighWaterFile(markPath, macKey, mount)
  const copy = new DiskLog({ database, mount, highWater })
  const isNew = database.events.length === 0 && !database.isMangled && highWater.read().type === 'absent'
  const firstBoot = new FirstBoot({ bus, link, clock, isNew })
  const revisions = new RevisionsHeard(bus, clock)
  const heard = { mayCreate: () => firstBoot.mayBegin(), heardElsewhere: () => revisions.newest() }
  const times = { confirmMs, outcomeUnknownMs, extendAfterMs }
  const log = new ReplicatedLog({ stream, copy, macKey, clock, notify, ...times, ...heard })
  const lastGood = openLastGood(options)
  const follower = new Follower({ log, macKey, clock, notify, highWater, lastGood, keepLastGood: true, onState })
  await log.start()
  await follower.boot()
  follower.start()
  const writer = new ConfigWriter({ log, follower, macKey, clock, newCommandId })
  const stop = async () => {
    await writer.stop()
    await follower.stop()
    await log.close()
  }
  return { log, follower, writer, stop }
}

/** A proxy has two threads: one mirrors the stream into the copy, the other only reads the copy. */
export async function startProxyParts(options: PartsOptions): Promise<Parts> {
  const { clock, mount, database, stream, notify, onState } = options
  const copy = new DiskLog({ database, mount, highWater: new HighWaterFile(markPath, macKey, mount) })
  const log = new ReplicatedLog({ stream, copy, macKey, clock, notify, confirmMs, readOnly: true })
  const highWater = new HighWaterFile(markPath, macKey, mount)
  const reader = new DiskLog({ database, mount, highWater, readOnly: true })
  const lastGood = openLastGood(options)
  const follower = new Follower({
    log: reader,
    macKey,
    clock,
    notify,
    highWater,
    lastGood,
    keepLastGood: true,
    onState,
  })
  const mirroring = log.start()
  await follower.boot()
  follower.start()
  const hint = log.watch(() => void clock.after(hintMs, () => void follower.look()))
  const stop = async () => {
    await mirroring
    hint.stop()
    await follower.stop()
    await reader.close()
    await log.close()
  }
  return { log, follower, writer: undefined, stop }
}

/** The time is shorter than the default, so that worlds can be short. */
export const confirmMs = 3_000
const outcomeUnknownMs = 5_000
const extendAfterMs = 4_000
/** The time of a message from one thread to another. */
const hintMs = 0.2
/** The tail is short, so that snapshots and the ends of tails are frequent. */
const tailEventsMax = 6

function openLastGood({ mount, notify }: PartsOptions): LastGood {
  return new LastGood({ folder: dataFolder, macKey, notify, disk: mount, tailEventsMax })
}
