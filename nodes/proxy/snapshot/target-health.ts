// The health and load of a proxy's targets, which its node's heartbeat reports.
import type { TargetLoad } from '../../../shared/telemetry/records.ts'
import type { Target } from '../providers/endpoint.ts'
import type { ModelRoute, WeightedTarget } from '../routing/model-route.ts'
import type { Snapshot } from './snapshot.ts'

/** Reports every target of the snapshot. `nowMs` is monotonic. */
export function targetReports(snapshot: Snapshot | undefined, nowMs: number): TargetLoad[] {
  const routes = snapshot?.everyRoute() ?? []
  return routes.flatMap((route) => {
    const shareOf = sharesOf(route, nowMs)
    const direct = route.isDirect === true ? ({ direct: true } as const) : {}
    return route.targets.map((target, index) => ({ ...targetLoad(route.model, target), ...direct, ...shareOf(index) }))
  })
}

function sharesOf(
  { weightTables: shares }: ModelRoute<Target>,
  nowMs: number,
): (index: number) => Pick<TargetLoad, 'share'> {
  if (shares === undefined) return () => ({})
  shares.first.refresh(nowMs)
  shares.token.refresh(nowMs)
  const part = (share = 0) => Math.round(share * 1_000) / 1_000
  return (index) => ({
    share: { stream: part(shares.first.shares[index]), whole: part(shares.token.shares[index]) },
  })
}

/** Number of failures in a row that make a target degraded; a single failure may be chance. */
const failuresDegraded = 3

function targetLoad(model: string, { target, weight }: WeightedTarget<Target>): TargetLoad {
  const { inFlight, failuresInRow } = target.health
  return {
    model,
    weight,
    inFlight,
    provider: target.provider,
    target: target.model,
    health: failuresInRow >= failuresDegraded ? 'degraded' : 'healthy',
  }
}
