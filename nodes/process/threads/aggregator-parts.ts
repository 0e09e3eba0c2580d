// What an aggregator is made of wherever it runs: its options, what it publishes, the log that it follows for the
// objectives that it judges and the targets that it weighs.
import { subjects } from '../../../cluster/bus/bus.ts'
import { followTroubles } from '../../../cluster/config-log/follower/follow-troubles.ts'
import { Follower } from '../../../cluster/config-log/follower/follower.ts'
import { LastGood } from '../../../cluster/config-log/follower/last-good.ts'
import type { ConfigLog } from '../../../cluster/config-log/log/config-log.ts'
import { HighWaterFile } from '../../../cluster/config-log/log/high-water.ts'
import { SqliteLog } from '../../../cluster/config-log/sqlite/sqlite-log.ts'
import { FileKeyStore } from '../../../cluster/secrets/file-key-store.ts'
import { openLogKeys } from '../../../cluster/secrets/log-keys.ts'
import { keysFor } from '../../../cluster/secrets/master-keys.ts'
import { SecretBox } from '../../../cluster/secrets/secret-box.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { Trouble } from '../../../shared/readiness.ts'
import {
  type Publishing,
  type PublishingOptions,
  startPublishing,
} from '../../aggregator/publishing/start-publishing.ts'
import type { ThreadContext } from './thread-context.ts'

export function aggregatorOptions({ task, clock, notify }: ThreadContext) {
  const { keyUsersMax: namesPerKeyMax, ledgerDays } = task.settings
  const ledgerKeys = keysFor('ledgerKey', task.masterKeys)
  return { dataDir: task.folder.path, node: task.node, clock, notify, namesPerKeyMax, ledgerDays, ledgerKeys }
}

export function publish(
  { task, clock, chance, notify }: ThreadContext,
  around: Pick<PublishingOptions, 'bus' | 'owned' | 'publisherEpoch' | 'ledgers'>,
): Publishing {
  const wrapKeys = keysFor('wrapKey', task.masterKeys)
  const secrets = new SecretBox(new FileKeyStore(task.folder.files.dataKeys, ...wrapKeys))
  return startPublishing({
    ...around,
    node: task.node,
    clock,
    chance,
    notify,
    egressStrict: task.settings.egressStrict,
    openSecret(secret) {
      const opened = secrets.open(secret)
      return opened.ok ? opened.value : undefined
    },
  })
}

export interface Following {
  /** This thread's own log; without one it reads the copy that another thread of this process keeps. */
  own?: ConfigLog | undefined
  onState: (state: ConfigState) => void
}

export interface FollowedLog {
  readonly follower: Follower
  troubles(): Trouble[]
  close(): Promise<void>
}

export async function followLog(context: ThreadContext, { own, onState }: Following): Promise<FollowedLog> {
  const { task, bus, clock, notify } = context
  const { log: path, highWater: markPath, dataKeys } = task.folder.files
  const macKey = openLogKeys(task.masterKeys, dataKeys)
  const highWater = new HighWaterFile(markPath, macKey)
  const log = own ?? new SqliteLog({ path, readOnly: true, highWater })
  const lastGood = new LastGood({ folder: task.folder.configDir, macKey, notify })
  const keepLastGood = own !== undefined
  const follower = new Follower({ macKey, notify, clock, onState, log, highWater, lastGood, keepLastGood })
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
