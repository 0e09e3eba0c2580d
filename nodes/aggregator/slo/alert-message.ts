// What a webhook is told of an alert of an objective.
import type { AlertEvent } from '../../../shared/telemetry/slo-state.ts'
import type { Objective } from './objective.ts'

export function alertMessage(event: AlertEvent, { objective, match, target, thresholdUs, windowMs }: Objective) {
  const { id, type, alertId, slo, severity, atMs, sinceMs, factor, longMs, burn, budgetRemaining } = event
  return {
    id,
    type: `slo.${type}`,
    alertId,
    slo,
    severity,
    at: new Date(atMs).toISOString(),
    since: new Date(sinceMs).toISOString(),
    objective,
    match,
    target,
    windowSeconds: windowMs / 1_000,
    ...(thresholdUs === Number.POSITIVE_INFINITY ? {} : { thresholdMs: thresholdUs / 1_000 }),
    rule: { burn: factor, windowSeconds: longMs / 1_000 },
    burn,
    budgetRemaining,
  }
}
