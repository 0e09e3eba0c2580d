// The only aggregator of an installation: it keeps all usage, nobody else publishes, and what requests leave behind for
// later ones lies in its process.

import { openRegister } from '../../../cluster/budgets/open-register.ts'
import { SqliteLedgerStore } from '../../../cluster/budgets/sqlite-ledger-store.ts'
import { keysFor } from '../../../cluster/secrets/master-keys.ts'
import { announceState } from '../../../cluster/state/announced-state.ts'
import { serveState } from '../../../cluster/state/bus-state-store.ts'
import { sealState } from '../../../cluster/state/sealed-state.ts'
import { SqliteStateStore } from '../../../cluster/state/sqlite-state-store.ts'
import { embeddedPartition } from '../../../shared/telemetry/partition.ts'
import { startAggregator } from '../../aggregator/main.ts'
import { aggregatorOptions, followLog, publish } from './aggregator-parts.ts'
import type { RunningThread, ThreadContext } from './thread-context.ts'

export async function startAlone(context: ThreadContext): Promise<RunningThread> {
  const { bus, clock } = context
  // Later starts publish under higher epochs, as later holders of a lease do.
  const epoch = Math.floor(clock.wallMs() / 1_000)
  const owned = () => [{ partition: embeddedPartition, epoch }]
  const { masterKeys, folder } = context.task
  const budgets = openRegister({ ...context, masterKeys, store: new SqliteLedgerStore(folder.files.budgets) })
  const { ledgers } = budgets
  const publishing = publish(context, { bus, owned, publisherEpoch: () => epoch, ledgers })
  const aggregator = startAggregator({ ...aggregatorOptions(context), bus, publishing })
  const config = await followLog(context, { onState: publishing.configure })
  const state = keepState(context)
  return {
    standing: () => ({ troubles: aggregator.troubles() }),
    close: async () => {
      await state.close()
      await config.close()
      publishing.stop()
      await budgets.close()
      await aggregator.close()
    },
  }
}

/** Serves the state store; of the threads of its process this one may wait for a disk. */
function keepState({ task, bus, clock, notify }: ThreadContext): { close(): Promise<void> } {
  const file = new SqliteStateStore({ path: task.folder.files.state, clock })
  const store = announceState(file, { clock, notify })
  const serving = serveState(bus, sealState(store, ...keysFor('stateKey', task.masterKeys)))
  return {
    close: async () => {
      serving.stop()
      await store.close()
    },
  }
}
