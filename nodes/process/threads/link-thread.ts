// The link to the cluster in its thread.
import { startLink } from '../../link/main.ts'
import type { RunningThread, ThreadContext } from './thread-context.ts'

export function startLinkThread({ task, bus, clock, chance, notify }: ThreadContext): RunningThread {
  const { settings, node, role, folder, masterKeys } = task
  if (settings.nats === undefined) throw new Error('HEADGATE_NATS_URL: a process of a cluster needs it')
  const link = startLink({
    node,
    nats: settings.nats,
    masterKeys,
    bus,
    notify,
    clock,
    chance,
    // Where there is a control node in the process, its thread keeps the copy.
    ...(role === 'proxy' ? { copy: { files: folder.files } } : {}),
  })
  return {
    standing: () => ({ troubles: link.troubles(), refusedMessages: link.refusedMessages() }),
    close: () => link.close(),
  }
}
