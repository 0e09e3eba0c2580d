// This process's copies of the configuration log and of the data keys: every event of the stream is proven before it is
// stored, the keys that it needs are there by then, and the part that serves is told that there is something new. It reads
// the same files, and never waits for this.
import { type Bus, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { HighWaterFile } from '../../cluster/config-log/log/high-water.ts'
import { ReplicatedLog } from '../../cluster/config-log/replication/replicated-log.ts'
import type { ReplicationState } from '../../cluster/config-log/replication/replication-state.ts'
import { SqliteLog } from '../../cluster/config-log/sqlite/sqlite-log.ts'
import { JetStreamStream } from '../../cluster/config-log/stream/jetstream-stream.ts'
import type { DataFiles } from '../../cluster/data-folder/data-folder.ts'
import type { MessageMacs } from '../../cluster/macs/message-macs.ts'
import type { NatsLink } from '../../cluster/nats/nats-link.ts'
import { FileKeyStore } from '../../cluster/secrets/file-key-store.ts'
import { JetStreamKeyStream } from '../../cluster/secrets/jetstream-key-stream.ts'
import { openLogKeys } from '../../cluster/secrets/log-keys.ts'
import type { MasterKeys } from '../../cluster/secrets/master-keys.ts'
import { SharedKeyStore } from '../../cluster/secrets/shared-key-store.ts'
import { sharedKeys } from '../../cluster/secrets/shared-keys.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import type { Trouble } from '../../shared/readiness.ts'

export interface LogCopyOptions {
  readonly link: NatsLink
  readonly macs: Pick<MessageMacs, 'alarm'>
  /** The bus of this process. */
  readonly bus: Bus
  readonly files: Pick<DataFiles, 'log' | 'highWater' | 'dataKeys'>
  readonly masterKeys: MasterKeys
  readonly clock: Clock
  readonly notify: Notify
}

export interface LogCopy {
  readonly state: ReplicationState
  /** Troubles of the data keys. */
  troubles(): Trouble[]
  close(): Promise<void>
}

/** Returns at once: the stream is followed from the moment that it can be reached. */
export function keepLogCopy({ link, macs, bus, files, masterKeys, clock, notify }: LogCopyOptions): LogCopy {
  const keys = sharedKeys(masterKeys)
  const macKey = openLogKeys(masterKeys, files.dataKeys)
  const dataKeys = new SharedKeyStore({
    keys,
    clock,
    notify,
    writes: false,
    onForged: () => macs.alarm.refuse('keys', 'forged', 'keys'),
    stream: new JetStreamKeyStream(link),
    file: new FileKeyStore(files.dataKeys, ...keys.wrapKeys),
    onChange: () => bus.publish(subjects.keysChanged, encodeJson({})),
  })
  dataKeys.start()
  const beforeStore = dataKeys.lookBefore.bind(dataKeys)
  const beforeDoubt = dataKeys.lookNow.bind(dataKeys)
  const copy = new SqliteLog({ path: files.log, highWater: new HighWaterFile(files.highWater, macKey) })
  const stream = new JetStreamStream({ link, clock })
  const log = new ReplicatedLog({ stream, copy, macKey, clock, notify, beforeStore, beforeDoubt, readOnly: true })
  const hint = log.watch(() => bus.publish(subjects.configAppended, encodeJson({ revision: log.state.copyRevision })))
  const starting = startOnceConnected(log, link, clock)
  return {
    get state() {
      return log.state
    },
    troubles: () => dataKeys.troubles(),
    close: async () => {
      hint.stop()
      starting.stop()
      await log.close()
      await dataKeys.close()
    },
  }
}

/** The wait for a connection, after which the node reports that it cannot follow the stream. */
const connectMsMax = 2_000

/** A look before there is a connection would find what every start finds, and tell it as news. */
function startOnceConnected(log: ReplicatedLog, link: NatsLink, clock: Clock): { stop(): void } {
  let isStarted = false
  const start = () => {
    if (isStarted) return
    isStarted = true
    void log.start()
  }
  const timer = clock.after(connectMsMax, start)
  const watch = link.onChange((isConnected) => {
    if (isConnected) start()
  })
  return {
    stop: () => {
      timer.cancel()
      watch.stop()
    },
  }
}
