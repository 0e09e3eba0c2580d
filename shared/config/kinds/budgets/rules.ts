// What a budget refers to, that no owner has two of one window, and how many budgets there may be.
import { bounds } from '../../../bounds.ts'
import { invalid, type Problem, quote } from '../../problem.ts'
import type { ConfigState, Resources } from '../../state.ts'
import type { KindRules } from '../kind-rules.ts'
import type { Reference } from '../reference.ts'
import { text } from '../salvage.ts'
import { salvagedWebhook, webhookProblems } from '../webhook/rules.ts'
import { type BudgetOwner, type BudgetSpec, type BudgetWindow, budgetOwners, ownerOfBudget } from './spec.ts'

export const budgetRules: KindRules<BudgetSpec> = {
  secrets: { webhook: { secret: true } },
  references: (spec) =>
    Object.entries(ownerKinds).flatMap(([field, to]) => {
      const name = spec[field as keyof typeof ownerKinds]
      return name === undefined ? [] : [{ path: [field], to, name }]
    }),
  salvage,
  check: (name, { webhook }, options) => webhookProblems(['budgets', name, 'webhook'], webhook, options),
  checkAll: (resources) => [...countProblems(resources), ...twinProblems(resources)],
  checkSet: keyProblems,
}

/** The owners that are resources. A key is no reference: it can be revoked whoever names it. */
const ownerKinds = {
  team: 'teams',
  user: 'users',
  app: 'apps',
} as const satisfies Partial<Record<BudgetOwner, Reference['to']>>

function countProblems({ budgets }: Resources): Problem[] {
  return budgets.size > bounds.budgetsMax ? [invalid(['budgets'], `expected at most ${bounds.budgetsMax} budgets`)] : []
}

function twinProblems({ budgets }: Resources): Problem[] {
  const seen = new Map<string, string>()
  const problems: Problem[] = []
  for (const [name, { spec }] of budgets) {
    const owner = ownerOfBudget(spec)
    if (owner === undefined || owner.name === '') continue
    const key = JSON.stringify([owner, spec.window])
    const twin = seen.get(key)
    if (twin === undefined) seen.set(key, name)
    else problems.push(invalid(['budgets', name, 'window'], twinMessage(owner, twin, spec.window)))
  }
  return problems
}

function twinMessage({ field, name }: { field: BudgetOwner; name: string }, twin: string, window: BudgetWindow) {
  return `the ${field} ${quote(name)} has a budget of ${window} already: ${quote(twin)}`
}

/** The key has to be there when a budget begins to name it. */
function keyProblems(name: string, { before, next }: { before: ConfigState; next: ConfigState }): Problem[] {
  const key = next.resources.budgets.get(name)?.spec.key
  if (key === undefined || key === '' || next.keys.has(key)) return []
  if (before.resources.budgets.get(name)?.spec.key === key) return []
  return [invalid(['budgets', name, 'key'], `there is no key with the id ${quote(key)}`)]
}

/** A spec without a window that can be read is nobody's twin. */
function salvage(fields: Record<string, unknown>): BudgetSpec {
  const owners = budgetOwners.filter((field) => fields[field] !== undefined)
  const named = Object.fromEntries(owners.map((field) => [field, text(fields[field])]))
  const spec: BudgetSpec = Object.assign(named, { usd: 0, window: text(fields['window']) as BudgetWindow })
  const webhook = salvagedWebhook(fields['webhook'])
  if (webhook !== undefined) spec.webhook = webhook
  return spec
}
