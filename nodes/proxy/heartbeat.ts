// Once a second a proxy says how it is: what it serves, how far behind it is, how much waits, and what its targets do.
import type { FollowerStatus } from '../../cluster/config-log/follower.ts'
import type { Trouble } from '../../shared/readiness.ts'
import type { NodeHeartbeat, ProcessLoad, TargetLoad } from '../../shared/telemetry/records.ts'
import type { Endpoint } from './providers/endpoint.ts'
import type { Target } from './routing/route.ts'
import type { Snapshot } from './snapshot.ts'

export interface HeartbeatFacts {
  readonly node: string
  readonly role: NodeHeartbeat['role']
  readonly region: string
  readonly version: string
  readonly status: FollowerStatus
  readonly draining: boolean
  readonly atMs: number
  readonly queues: NodeHeartbeat['queues']
  readonly snapshot: Snapshot | undefined
  readonly load: ProcessLoad
  readonly refusals: ReadonlyMap<string, number>
  readonly troubles: readonly Trouble[]
}

export function heartbeatOf(facts: HeartbeatFacts): NodeHeartbeat {
  const { node, role, region, version, status, draining, atMs, queues, snapshot, load, refusals, troubles } = facts
  return {
    ...{ node, role, region, version, draining, atMs, queues, process: load },
    revision: status.revision,
    hash: status.hash,
    lagMs: status.lagMs,
    refusals: Object.fromEntries(refusals),
    troubles: troubles.map(({ reason }) => reason),
    targets: snapshot === undefined ? [] : targetLoads(snapshot),
  }
}

function targetLoads(snapshot: Snapshot): TargetLoad[] {
  return snapshot.everyRoute().flatMap((route) => route.targets.map((target) => targetLoad(route.model, target)))
}

/** Failures in a row that make a target degraded: one may be chance. */
const failuresDegraded = 3

function targetLoad(model: string, { endpoint, weight }: Target<Endpoint>): TargetLoad {
  const { inFlight, failuresInRow } = endpoint.load
  return {
    ...{ model, weight, inFlight },
    provider: endpoint.provider,
    target: endpoint.model,
    health: failuresInRow >= failuresDegraded ? 'degraded' : 'healthy',
  }
}
