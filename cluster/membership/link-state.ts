// How this process stands to the rest of its cluster, as its heartbeats tell it.
import type { LinkState } from '../../shared/telemetry/records.ts'
import type { NatsBus } from '../bus/nats-bus.ts'
import type { ReplicationState } from '../config-log/replication/replication-state.ts'
import type { NatsLink } from '../nats/nats-link.ts'

export interface Linked {
  readonly link: Pick<NatsLink, 'status'>
  readonly bus: Pick<NatsBus, 'queues' | 'missed'>
  /** Where this node keeps a copy of the log. */
  readonly log?: { readonly state: ReplicationState } | undefined
  /** Queues beside the bus. */
  queues?(): LinkState['queues']
}

export function linkStateOf({ link, bus, log, queues }: Linked): LinkState {
  const { isConnected, forMs, reconnects, trouble } = link.status
  const traffic = Object.entries(bus.queues())
  const inUse = traffic.filter(([, { length, dropped }]) => length > 0 || dropped > 0)
  return {
    ...{ connected: isConnected, forMs: Math.round(forMs), reconnects, missed: bus.missed },
    ...(trouble === undefined ? {} : { trouble }),
    uncertain: traffic.reduce((sum, [, state]) => sum + state.uncertain, 0),
    ...(log === undefined ? {} : { log: logStateOf(log.state) }),
    queues: {
      ...Object.fromEntries(inUse.map(([name, { length, dropped }]) => [`bus.${name}`, { length, dropped }])),
      ...queues?.(),
    },
  }
}

function logStateOf({ type, copyRevision, streamRevision, lagMs }: ReplicationState): LinkState['log'] & object {
  const stream = streamRevision === undefined ? {} : { streamRevision }
  return { state: type, copyRevision, ...stream, lagMs: Math.round(lagMs) }
}
