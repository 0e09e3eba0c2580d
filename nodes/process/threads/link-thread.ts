// The link to the cluster in its thread.
import { systemClock } from '../../../shared/clock.ts'
import { startLink } from '../../link/main.ts'
import type { RunningThread, ThreadContext } from './worker.ts'

export function startLinkThread({ task, bus, notify }: ThreadContext): RunningThread {
  const { settings, node, role, folder, masterKey } = task
  if (settings.nats === undefined) throw new Error('HEADGATE_NATS_URL: a process of a cluster needs it')
  const link = startLink({
    ...{ node, nats: settings.nats, masterKey, bus, notify, clock: systemClock, chance: Math.random },
    // Where there is a control node in the process, its thread keeps the copy.
    ...(role === 'proxy' ? { copy: { files: folder.files } } : {}),
  })
  return { standing: () => ({ troubles: link.troubles() }), close: () => link.close() }
}
