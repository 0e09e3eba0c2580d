// The link to the cluster in its thread.
import { systemClock } from '../shared/clock.ts'
import { startLink } from './link/main.ts'
import type { RunningThread, ThreadContext } from './worker.ts'

export function startLinkThread({ task, bus, notify }: ThreadContext): RunningThread {
  const { settings, node } = task
  if (settings.nats === undefined) throw new Error('HEADGATE_NATS_URL: a process of a cluster needs it')
  const link = startLink({ node, nats: settings.nats, bus, clock: systemClock, chance: Math.random, notify })
  return { standing: () => ({ troubles: link.troubles() }), close: () => link.close() }
}
