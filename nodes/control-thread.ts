// The control node in its thread.
import { systemClock } from '../shared/clock.ts'
import { startControl } from './control/main.ts'
import type { RunningThread, ThreadContext } from './worker.ts'

export async function startControlThread({ task, bus, notify }: ThreadContext): Promise<RunningThread> {
  const { settings, folder, masterKey, consoleFolder, auto, node, version } = task
  const control = await startControl({
    ...{ settings, folder, masterKey, consoleFolder, auto, bus, notify },
    clock: systemClock,
    node: { name: node, version, role: 'all' },
    awaitAppliedBy: node,
  })
  const { port, demoKey, findings } = control
  const adminToken = control.adminTokenGenerated
  return {
    control: { port, demoKey, findings, adminToken, signInLink: control.signInLink() },
    standing: () => ({ troubles: control.readiness.troubles() }),
    close: () => control.close(),
  }
}
