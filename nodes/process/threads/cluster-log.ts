// The log and the data keys that a cluster shares, as one thread holds them: streams of NATS, and the copies of this node.
import { encodeJson, subjects } from '../../../cluster/bus/bus.ts'
import { HighWaterFile } from '../../../cluster/config-log/log/high-water.ts'
import { ReplicatedLog } from '../../../cluster/config-log/replication/replicated-log.ts'
import { SqliteLog } from '../../../cluster/config-log/sqlite/sqlite-log.ts'
import { JetStreamStream } from '../../../cluster/config-log/stream/jetstream-stream.ts'
import { FirstBoot } from '../../../cluster/membership/first-boot.ts'
import { logTroubles } from '../../../cluster/membership/link-troubles.ts'
import { RevisionsHeard } from '../../../cluster/membership/revisions-heard.ts'
import { DiskProbe } from '../../../cluster/nats/disk-probe.ts'
import { FileKeyStore } from '../../../cluster/secrets/file-key-store.ts'
import { JetStreamKeyStream } from '../../../cluster/secrets/jetstream-key-stream.ts'
import { openLogKeys } from '../../../cluster/secrets/log-keys.ts'
import { SharedKeyStore } from '../../../cluster/secrets/shared-key-store.ts'
import { sharedKeys } from '../../../cluster/secrets/shared-keys.ts'
import { bounds } from '../../../shared/bounds.ts'
import type { Trouble } from '../../../shared/readiness.ts'
import type { Connected } from './connect-to-cluster.ts'
import type { ThreadContext } from './thread-context.ts'

export interface ClusterLog {
  readonly log: ReplicatedLog
  /** The data keys that its events need. */
  readonly keys: SharedKeyStore
  troubles(): Trouble[]
  close(): Promise<void>
}

/** Opens the copies of a data folder, which one thread keeps. A control node also appends. */
export async function openClusterLog(
  context: ThreadContext,
  { link, bus, macs }: Connected,
  { appends }: { appends: boolean },
): Promise<ClusterLog> {
  const { task, clock, notify } = context
  const macKey = openLogKeys(task.masterKeys, task.folder.files.dataKeys)
  const keys = followKeys(context, { link, macs }, { writes: appends })
  const beforeStore = keys.lookBefore.bind(keys)
  const beforeDoubt = keys.lookNow.bind(keys)
  const highWater = new HighWaterFile(task.folder.files.highWater, macKey)
  const copy = new SqliteLog({ path: task.folder.files.log, highWater })
  const head = await copy.head()
  const isNew = appends && head.ok && head.value.revision === 0 && highWater.read().type === 'absent'
  const firstBoot = new FirstBoot({ bus, link, clock, isNew })
  const stream = new JetStreamStream({ link, clock })
  const revisions = new RevisionsHeard(bus, clock)
  const forWriter = {
    mayCreate: () => firstBoot.mayBegin(),
    heardElsewhere: () => revisions.newest(),
    extendAfterMs: bounds.rewoundStreamMs,
  }
  const common = { stream, copy, macKey, notify, beforeStore, beforeDoubt, clock }
  const log = new ReplicatedLog({ ...common, ...(appends ? forWriter : { readOnly: true }) })
  const probe = new DiskProbe({ link, clock, notify })
  if (appends) probe.start()
  await log.start()
  return {
    log,
    keys,
    troubles: () => [...logTroubles(log, link), ...probe.troubles(), ...keys.troubles()],
    close: async () => {
      probe.stop()
      firstBoot.stop()
      revisions.stop()
      await log.close()
      await keys.close()
    },
  }
}

function followKeys(
  context: ThreadContext,
  { link, macs }: Pick<Connected, 'link' | 'macs'>,
  { writes }: { writes: boolean },
): SharedKeyStore {
  const { task, bus, clock, notify } = context
  const keys = sharedKeys(task.masterKeys)
  const store = new SharedKeyStore({
    stream: new JetStreamKeyStream(link),
    file: new FileKeyStore(task.folder.files.dataKeys, ...keys.wrapKeys),
    keys,
    clock,
    notify,
    writes,
    onForged: () => macs.alarm.refuse('keys', 'forged', 'keys'),
    // The other threads of this process read the same file.
    onChange: () => bus.publish(subjects.keysChanged, encodeJson({})),
  })
  store.start()
  return store
}
