// When an alert begins and when it ends. It begins with the first rule of its severity that both windows confirm, and ends
// once every such rule has been quiet for a while: a burn that swings around a threshold is one alert, not twenty.
import type { ActiveAlert } from '../../../shared/telemetry/slo-state.ts'
import { type BurnRule, burnOf, burnRules, isBurning } from './burn.ts'
import type { SloCounts } from './slot-ring.ts'

export interface AlertChange {
  readonly type: 'firing' | 'resolved'
  readonly alert: ActiveAlert
}

/** A burn rate below this part of a rule's factor, in the short window, counts as quiet. */
const quietPart = 0.8
/** How long it has to be quiet. */
const quietMs = 60_000

export interface Measured {
  readonly slo: string
  readonly target: number
  /** The objective's own: a rule that looks back further than it says nothing about it. */
  readonly windowMs: number
  tally(windowMs: number): SloCounts
}

/** One objective's alerts, one step on. Pure: the same measurements give the same alerts. */
export function nextAlerts(measured: Measured, active: readonly ActiveAlert[], nowMs: number): AlertStep {
  const alerts: ActiveAlert[] = []
  const changes: AlertChange[] = []
  for (const severity of ['page', 'ticket'] as const) {
    const rules = burnRules.filter((rule) => rule.severity === severity && rule.longMs <= measured.windowMs)
    const known = active.find((alert) => alert.severity === severity)
    const after = known === undefined ? begun(measured, rules, nowMs) : continued(measured, rules, known, nowMs)
    if (after !== undefined) alerts.push(after)
    if (known === undefined && after !== undefined) changes.push({ type: 'firing', alert: after })
    if (known !== undefined && after === undefined) changes.push({ type: 'resolved', alert: known })
  }
  return { alerts, changes }
}

export interface AlertStep {
  readonly alerts: ActiveAlert[]
  readonly changes: AlertChange[]
}

function begun(measured: Measured, rules: readonly BurnRule[], nowMs: number): ActiveAlert | undefined {
  const { slo, target } = measured
  for (const { factor, longMs, shortMs, severity } of rules) {
    if (!isBurning(measured.tally(longMs), target, factor)) continue
    if (burnOf(measured.tally(shortMs), target) < factor) continue
    const id = `${slo}/${severity}/${nowMs.toString(36)}`
    return { id, severity, sinceMs: nowMs, factor, longMs, lastHeldMs: nowMs }
  }
  return undefined
}

function continued(
  measured: Measured,
  rules: readonly BurnRule[],
  alert: ActiveAlert,
  nowMs: number,
): ActiveAlert | undefined {
  const { target } = measured
  const holds = rules.some(({ factor, longMs, shortMs }) => {
    const way = factor * quietPart
    return burnOf(measured.tally(longMs), target) >= way && burnOf(measured.tally(shortMs), target) >= way
  })
  if (holds) return { ...alert, lastHeldMs: nowMs }
  return nowMs - alert.lastHeldMs >= quietMs ? undefined : alert
}
