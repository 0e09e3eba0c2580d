// The control node in its thread: over the log of this process, or over the one that its cluster shares.
import { hearOtherParts } from '../../../cluster/membership/process-standing.ts'
import { startControl } from '../../control/main.ts'
import type { ControlLog } from './control-log.ts'
import type { RunningThread, ThreadContext } from './thread-context.ts'

export async function startControlThread(context: ThreadContext): Promise<RunningThread> {
  const { task, clock, notify } = context
  const { settings, folder, masterKeys, consoleFolder, auto, node, version } = task
  const log = await openLog(context)
  const others = hearOtherParts(context.bus, 'control')
  const control = await startControl({
    settings,
    folder,
    masterKeys,
    consoleFolder,
    auto,
    notify,
    clock,
    ...log.options,
    others: () => others.troubles(),
    node: { name: node, version, role: task.role === 'all' ? 'all' : 'control' },
    ...(task.role === 'all' ? { awaitAppliedBy: node } : {}),
  })
  const { port, demoKey, findings } = control
  const adminToken = control.adminTokenGenerated
  return {
    control: { port, demoKey, findings, adminToken, signInLink: control.signInLink() },
    standing: () => ({ ...control.standing(), refusedMessages: log.options.clusterFacts?.().refusedMessages }),
    close: async () => {
      others.stop()
      await control.close()
      await log.close()
    },
  }
}

/** Opens the log of a control node; the code that speaks NATS is loaded only in a cluster. */
async function openLog(context: ThreadContext): Promise<ControlLog> {
  if (context.task.settings.nats === undefined) return { options: { bus: context.bus }, close: async () => {} }
  const { openControlLog } = await import('./control-log.ts')
  return openControlLog(context)
}
