// A thread's connection to its cluster, and the bus over it. A cluster that is away comes when it comes: the connection
// works as well as it can until then.
import { NatsBus } from '../../../cluster/bus/nats-bus.ts'
import type { ReplicatedLog } from '../../../cluster/config-log/replication/replicated-log.ts'
import { MessageMacs } from '../../../cluster/macs/message-macs.ts'
import { linkStateOf } from '../../../cluster/membership/link-state.ts'
import { linkTroubles } from '../../../cluster/membership/link-troubles.ts'
import type { NatsLink } from '../../../cluster/nats/nats-link.ts'
import { openNatsLink } from '../../../cluster/nats/open-nats-link.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { Trouble } from '../../../shared/readiness.ts'
import type { LinkState } from '../../../shared/telemetry/records.ts'
import type { ThreadContext } from './thread-context.ts'

export interface Connected {
  readonly link: NatsLink
  readonly bus: NatsBus
  readonly macs: MessageMacs
  troubles(): Trouble[]
  /** The state of the link for heartbeats, with that of the log where this thread keeps it. */
  state(log?: ReplicatedLog): LinkState
  close(): Promise<void>
}

/** A start that finds its cluster begins with what is new; one that doesn't must not wait for it. */
const connectMsMax = 2_000

/** Resolves connected, or when that has taken long enough. */
export async function connectToCluster({ task, clock, chance, notify }: ThreadContext): Promise<Connected> {
  const { nats } = task.settings
  if (nats === undefined) throw new Error('HEADGATE_NATS_URL: a process of a cluster needs it')
  const around = { clock, chance, notify }
  const opened = openNatsLink({ ...nats, ...around, name: `${task.node} ${task.part}` })
  if (!opened.ok) throw new Error(`HEADGATE_NATS_URL: ${opened.error.message}`)
  const link = opened.value
  const acceptsUnsigned = nats.acceptsUnsigned
  const macs = new MessageMacs({ masterKeys: task.masterKeys, acceptsUnsigned, clock, notify })
  const bus = new NatsBus({ link, macs, ...around })
  await untilConnected(link, clock)
  return {
    link,
    bus,
    macs,
    troubles: () => [...linkTroubles(link), ...macs.troubles()],
    state: (log) => linkStateOf({ link, bus, log }),
    close: async () => {
      bus.close()
      await link.close()
    },
  }
}

function untilConnected(link: NatsLink, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(connectMsMax, done)
    const watch = link.onChange((isConnected) => {
      if (isConnected) setImmediate(done)
    })
    function done(): void {
      timer.cancel()
      watch.stop()
      resolve()
    }
  })
}
