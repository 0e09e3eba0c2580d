// What a control node of a cluster writes to: the log that the cluster shares.

import { JetStreamLedgerStore } from '../../../cluster/budgets/jetstream-ledger-store.ts'
import { ledgersOf } from '../../../cluster/budgets/read-ledgers.ts'
import { sealLedgers } from '../../../cluster/budgets/sealed-ledgers.ts'
import { encodeJson, subjects } from '../../../cluster/bus/bus.ts'
import { keysFor } from '../../../cluster/secrets/master-keys.ts'
import { JetStreamStateStore } from '../../../cluster/state/jetstream-state-store.ts'
import { sealState } from '../../../cluster/state/sealed-state.ts'
import type { ControlOptions } from '../../control/main.ts'
import { openClusterLog } from './cluster-log.ts'
import { connectToCluster } from './connect-to-cluster.ts'
import type { ThreadContext } from './thread-context.ts'

export interface ControlLog {
  readonly options: Pick<
    ControlOptions,
    'bus' | 'log' | 'keys' | 'state' | 'ledgers' | 'clusterFacts' | 'checks' | 'firstWritesMs' | 'aggregatorsElsewhere'
  >
  close(): Promise<void>
}

/** How long the start waits for a cluster that has no log yet, or none that can be reached. */
const firstWritesMs = 10_000

export async function openControlLog(context: ThreadContext): Promise<ControlLog> {
  const cluster = await connectToCluster(context)
  const { log, keys, troubles, close } = await openClusterLog(context, cluster, { appends: true })
  // The other threads of this process read the same copy.
  const hint = log.watch(() => context.bus.publish(subjects.configAppended, encodeJson({})))
  const { link } = cluster
  const budgets = sealLedgers(new JetStreamLedgerStore({ link }), ...keysFor('budgetKey', context.task.masterKeys))
  const stored = new JetStreamStateStore({ link, clock: context.clock })
  return {
    options: {
      bus: cluster.bus,
      log,
      keys,
      state: sealState(stored, ...keysFor('stateKey', context.task.masterKeys)),
      ledgers: () => ledgersOf(budgets),
      clusterFacts: () => ({ link: cluster.state(log), refusedMessages: cluster.macs.alarm.counts() }),
      checks: [cluster.troubles, troubles],
      firstWritesMs,
      aggregatorsElsewhere: true,
    },
    close: async () => {
      hint.stop()
      await close()
      await cluster.close()
    },
  }
}
