// What a webhook is told of a budget.
import { type BudgetSpec, ownerOfBudget } from '../../../shared/config/kinds/budgets/spec.ts'
import type { BudgetAlertEvent } from '../../../shared/telemetry/slo-state.ts'

export function messageOfBudget(event: BudgetAlertEvent, spec: BudgetSpec) {
  const { id, budget, threshold, atMs, limitUsd, spentUsd, startedAtMs, resetsAtMs } = event
  const owner = ownerOfBudget(spec)
  return {
    id,
    type: 'budget.alert',
    budget,
    owner: owner === undefined ? {} : { [owner.field]: owner.name },
    mode: spec.mode ?? 'hard',
    threshold,
    limitUsd,
    spentUsd,
    window: spec.window,
    startedAt: new Date(startedAtMs).toISOString(),
    resetsAt: new Date(resetsAtMs).toISOString(),
    at: new Date(atMs).toISOString(),
  }
}
