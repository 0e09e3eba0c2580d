// The alerts of budgets that the register has: every part of an amount that the spending of a window has passed. The register keeps them, so
// none is missed, whoever looks and when.
import { hash } from 'node:crypto'
import { type Ledger, standingOf } from '../../../cluster/budgets/ledger.ts'
import type { LedgerKey } from '../../../cluster/budgets/ledger-table.ts'
import { type BudgetSpec, budgetKey } from '../../../shared/config/kinds/budgets/spec.ts'
import type { BudgetAlertEvent } from '../../../shared/telemetry/slo-state.ts'
import { calendarWindow } from '../../../shared/time/calendar-window.ts'

export interface WatchedBudget {
  readonly name: string
  readonly spec: BudgetSpec
}

const nanoPerUsd = 1e9

/** The budgets that alert, by the keys that the register has them under. */
export function watchedBudgets(budgets: Iterable<[string, { readonly spec: BudgetSpec }]>): Map<string, WatchedBudget> {
  const alerting = [...budgets].filter(([, { spec }]) => (spec.alertAt ?? []).length > 0)
  return new Map(alerting.map(([name, { spec }]) => [budgetKey(spec), { name, spec }]))
}

/** In the order in which they were passed. An alert has one id, whoever finds it. */
export function passedThresholds(
  ledgers: readonly (readonly [LedgerKey, Ledger])[],
  watched: ReadonlyMap<string, WatchedBudget>,
  nowMs: number,
): BudgetAlertEvent[] {
  return ledgers.flatMap(([{ key }, ledger]) => {
    const budget = watched.get(key)
    return budget === undefined ? [] : alertsOf(budget, ledger, { key, nowMs })
  })
}

function alertsOf(
  { name, spec }: WatchedBudget,
  ledger: Ledger,
  { key, nowMs }: { key: string; nowMs: number },
): BudgetAlertEvent[] {
  const { startMs, endMs } = calendarWindow(spec.window, spec.timeZone ?? 'UTC', ledger.windowEndMs - 1)
  const { settled, cap } = standingOf(ledger)
  // Another owner of a budget with the same name has alerts of its own.
  const window = `${hash('sha256', key).slice(0, 8)}/${new Date(startMs).toISOString()}`
  const thresholds = ledger.passed.map(({ threshold }) => threshold).sort((a, b) => a - b)
  return thresholds.map((threshold) => ({
    id: `${name}/${window}/${threshold}`,
    budget: name,
    threshold,
    atMs: nowMs,
    limitUsd: cap / nanoPerUsd,
    spentUsd: settled / nanoPerUsd,
    startedAtMs: startMs,
    resetsAtMs: endMs,
    delivery: 'waiting',
  }))
}
