import type { WebhookSpec } from '../webhook/spec.ts'

export interface BudgetSpec {
  /** Whose requests are paid from it: exactly one of these. */
  team?: string
  user?: string
  app?: string
  /** A key's id. */
  key?: string
  costCenter?: string
  usd: number
  window: BudgetWindow
  /** The IANA time zone in which windows begin. Default UTC. */
  timeZone?: string
  /** `hard`: what could cost more than is left is rejected; `soft`: it is counted and told. Default `hard`. */
  mode?: 'hard' | 'soft'
  /** Parts of the amount at which the operator is told, in rising order. */
  alertAt?: number[]
  /** The receiver of those alerts; messages are signed if it has a secret. */
  webhook?: string | WebhookSpec
}

export const budgetWindows = ['1h', '1d', '1mo'] as const
export type BudgetWindow = (typeof budgetWindows)[number]

export const budgetOwners = ['team', 'user', 'app', 'key', 'costCenter'] as const
export type BudgetOwner = (typeof budgetOwners)[number]

/** Names what has been spent: another amount keeps it; another owner, window or time zone begins anew. */
export function budgetKey(spec: BudgetSpec): string {
  return JSON.stringify([ownerOfBudget(spec), spec.window, spec.timeZone ?? 'UTC'])
}

/** The owner of a budget; undefined where a spec that failed its schema has none. */
export function ownerOfBudget(spec: BudgetSpec): { field: BudgetOwner; name: string } | undefined {
  for (const field of budgetOwners) {
    const name = spec[field]
    if (name !== undefined) return { field, name }
  }
  return undefined
}
