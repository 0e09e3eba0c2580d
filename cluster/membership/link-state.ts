// How this process stands to the rest of its cluster, as its heartbeats tell it and as an operator is told.
import type { Trouble } from '../../shared/readiness.ts'
import type { LinkState } from '../../shared/telemetry/records.ts'
import type { NatsBus } from '../bus/nats-bus.ts'
import type { ReplicationState } from '../config-log/replication-state.ts'
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

/** What a start may take. */
const graceMs = 3_000

export function linkTroubles({ link, log }: Pick<Linked, 'link' | 'log'>): Trouble[] {
  const { isConnected, forMs, trouble } = link.status
  const troubles: Trouble[] = []
  if (!isConnected && forMs > graceMs) {
    troubles.push({ level: 'degraded', reason: `NATS is away: ${trouble ?? 'unknown'}`, forMs })
  }
  const { type, isAlarm, message, forMs: logForMs } = log?.state ?? { type: 'following', forMs: 0 }
  // With NATS away the log is away too, which says nothing more.
  if (isAlarm || type === 'copy-failed' || (type === 'away' && isConnected && logForMs > graceMs)) {
    troubles.push({ level: 'degraded', reason: `the configuration log: ${message}`, forMs: logForMs })
  }
  return troubles
}
