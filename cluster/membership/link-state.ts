// The state of this process's link to the cluster, for its heartbeats.
import type { LinkState } from '../../shared/telemetry/records.ts'
import type { NatsBus } from '../bus/nats-bus.ts'
import type { ReplicationState } from '../config-log/replication/replication-state.ts'
import type { NatsLink } from '../nats/nats-link.ts'

export interface Linked {
  readonly link: Pick<NatsLink, 'status'>
  readonly bus: Pick<NatsBus, 'queues' | 'missed'>
  /** The copy of the log, on a node that keeps one. */
  readonly log?: { readonly state: ReplicationState } | undefined
  /** Queues other than those of the bus. */
  queues?(): LinkState['queues']
}

export function linkStateOf({ link, bus, log, queues }: Linked): LinkState {
  const { isConnected, forMs, reconnects, trouble } = link.status
  const traffic = Object.entries(bus.queues())
  const inUse = traffic.filter(([, { length, dropped }]) => length > 0 || dropped > 0)
  return {
    connected: isConnected,
    forMs: Math.round(forMs),
    reconnects,
    missed: bus.missed,
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
