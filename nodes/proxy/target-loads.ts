// What a proxy adds to its node's heartbeat: the targets it sends to, as it sees them.
import type { TargetLoad } from '../../shared/telemetry/records.ts'
import type { Endpoint } from './providers/endpoint.ts'
import type { Target } from './routing/route.ts'
import type { Snapshot } from './snapshot.ts'

export function targetLoads(snapshot: Snapshot | undefined): TargetLoad[] {
  const routes = snapshot?.everyRoute() ?? []
  return routes.flatMap((route) => route.targets.map((target) => targetLoad(route.model, target)))
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
