// One objective, from the fleet's counts: how it stands, which alerts it has, and what has just happened to them.
import type { ActiveAlert, AlertEvent, ObjectiveState } from '../../../shared/telemetry/slo-state.ts'
import { type AlertChange, nextAlerts } from './alerts.ts'
import { budgetLeft, burnOf, burnWindows } from './burn.ts'
import type { Objective } from './objective.ts'
import type { SloCounts } from './slot-ring.ts'

export interface Evaluation {
  readonly state: ObjectiveState
  readonly events: AlertEvent[]
}

export function evaluate(
  objective: Objective,
  sum: (windowMs: number) => SloCounts,
  { active, nowMs }: { active: readonly ActiveAlert[]; nowMs: number },
): Evaluation {
  const { name, target, windowMs, thresholdUs } = objective
  const step = nextAlerts({ slo: name, target, windowMs, tally: sum }, active, nowMs)
  const whole = sum(windowMs)
  const state: ObjectiveState = {
    name,
    objective: objective.objective,
    target,
    windowMs,
    ...(thresholdUs === Number.POSITIVE_INFINITY ? {} : { thresholdMs: thresholdUs / 1_000 }),
    burn: Object.fromEntries(burnWindows.map(({ name, ms }) => [name, rounded(burnOf(sum(ms), target))])),
    good: whole.good,
    total: whole.total,
    budgetRemaining: rounded(budgetLeft(whole, target)),
    alerts: step.alerts,
  }
  return { state, events: step.changes.map((change) => eventOf(change, state, nowMs)) }
}

/** The end of an alert whose objective was deleted. No webhook is called for it. */
export function endOf(alert: ActiveAlert, slo: string, nowMs: number): AlertEvent {
  const { id: alertId, severity, sinceMs, factor, longMs } = alert
  const common = { alertId, slo, severity, sinceMs, factor, longMs, burn: {}, budgetRemaining: 1 }
  return { id: `${alertId}/resolved`, type: 'resolved', ...common, atMs: nowMs, delivery: 'none' }
}

function eventOf({ type, alert }: AlertChange, state: ObjectiveState, nowMs: number): AlertEvent {
  const { id: alertId, severity, sinceMs, factor, longMs } = alert
  const { name: slo, burn, budgetRemaining } = state
  const common = { alertId, slo, severity, sinceMs, factor, longMs, burn, budgetRemaining }
  return { id: `${alertId}/${type}`, type, ...common, atMs: nowMs, delivery: 'waiting' }
}

/** Four digits say all that a ratio of counts can. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4
}
