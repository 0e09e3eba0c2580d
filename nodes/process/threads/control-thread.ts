// The control node in its thread: over the log of this process, or over the one that its cluster shares.
import { encodeJson, subjects } from '../../../cluster/bus/bus.ts'
import { systemClock } from '../../../shared/clock.ts'
import { type ControlOptions, startControl } from '../../control/main.ts'
import { connectToCluster, openClusterLog } from './join-cluster.ts'
import type { RunningThread, ThreadContext } from './worker.ts'

/** How long the start waits for a cluster that has no log yet, or none that can be reached. */
const firstWritesMs = 10_000

export async function startControlThread(context: ThreadContext): Promise<RunningThread> {
  const { task, notify } = context
  const { settings, folder, masterKey, consoleFolder, auto, node, version } = task
  const shared = await joinIfClustered(context)
  const control = await startControl({
    ...{ settings, folder, masterKey, consoleFolder, auto, notify },
    ...shared.options,
    clock: systemClock,
    node: { name: node, version, role: task.role === 'all' ? 'all' : 'control' },
    ...(task.role === 'all' ? { awaitAppliedBy: node } : {}),
  })
  const { port, demoKey, findings } = control
  const adminToken = control.adminTokenGenerated
  return {
    control: { port, demoKey, findings, adminToken, signInLink: control.signInLink() },
    standing: () => control.standing(),
    close: async () => {
      await control.close()
      await shared.close()
    },
  }
}

interface Shared {
  readonly options: Pick<
    ControlOptions,
    'bus' | 'log' | 'keys' | 'link' | 'checks' | 'firstWritesMs' | 'aggregatorsElsewhere'
  >
  close(): Promise<void>
}

async function joinIfClustered(context: ThreadContext): Promise<Shared> {
  const cluster = await connectToCluster(context)
  if (cluster === undefined) return { options: { bus: context.bus }, close: async () => {} }
  const { log, keys, troubles, close } = await openClusterLog(context, cluster, { appends: true })
  // The other threads of this process read the same copy.
  const hint = log.watch(() => context.bus.publish(subjects.configAppended, encodeJson({})))
  return {
    options: {
      ...{
        log,
        keys,
        firstWritesMs,
        aggregatorsElsewhere: true,
        bus: cluster.bus,
        checks: [cluster.troubles, troubles],
      },
      link: () => cluster.state(log),
    },
    close: async () => {
      hint.stop()
      await close()
      await cluster.close()
    },
  }
}
