// What an operator is told of the way to the cluster, and of the log that comes over it.
import type { Trouble } from '../../shared/readiness.ts'
import type { ReplicationState } from '../config-log/replication/replication-state.ts'
import type { NatsLink } from '../nats/nats-link.ts'

type Link = Pick<NatsLink, 'status'>

export function linkTroubles({ status }: Link): Trouble[] {
  if (status.isConnected) return []
  return [{ level: 'degraded', reason: `NATS is away: ${status.trouble ?? 'not connected'}`, forMs: status.forMs }]
}

/** While the whole of NATS is away, the link says so. */
export function logTroubles({ state }: { readonly state: ReplicationState }, { status }: Link): Trouble[] {
  const { type, message, forMs, isAlarm, copyRevision } = state
  if (type === 'following' || (!status.isConnected && !isAlarm && type !== 'copy-failed')) return []
  const what = isAlarm ? 'the stream of the configuration log is wrong' : 'the configuration log does not answer'
  return [{ level: 'degraded', reason: `${what}: ${message}; revision ${copyRevision} is served`, forMs }]
}
