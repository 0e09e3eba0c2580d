// Troubles of the connection to the cluster, and of the log that comes over it, as operators see them.
import type { Trouble } from '../../shared/readiness.ts'
import type { ReplicationState } from '../config-log/replication/replication-state.ts'
import type { NatsLink } from '../nats/nats-link.ts'

type Link = Pick<NatsLink, 'status'>

export function linkTroubles({ status }: Link): Trouble[] {
  if (status.isConnected) return []
  return [{ level: 'degraded', reason: `NATS is away: ${status.trouble ?? 'not connected'}`, forMs: status.forMs }]
}

/** Returns nothing while NATS as a whole is away, because `linkTroubles` reports that. */
export function logTroubles({ state }: { readonly state: ReplicationState }, { status }: Link): Trouble[] {
  const { type, message, forMs, isAlarm, copyRevision } = state
  if (type === 'following' || (!status.isConnected && !isAlarm && type !== 'copy-failed')) return []
  const what = isAlarm ? 'the stream of the configuration log is wrong' : 'the configuration log does not answer'
  return [{ level: 'degraded', reason: `${what}: ${message}; revision ${copyRevision} is served`, forMs }]
}
