// The budgets of one configuration, by whom they pay for.

import type { LeaseTerms } from '../../../../cluster/budgets/lease.ts'
import type { LedgerKey } from '../../../../cluster/budgets/ledger-table.ts'
import {
  type BudgetOwner,
  type BudgetSpec,
  budgetKey,
  ownerOfBudget,
} from '../../../../shared/config/kinds/budgets/spec.ts'
import type { Resource } from '../../../../shared/config/state.ts'
import { RecentMap } from '../../../../shared/recent-map.ts'
import { CurrentWindow } from '../../../../shared/time/calendar-window.ts'
import type { Caller } from '../../auth/callers.ts'

const nanoPerUsd = 1e9
const none: readonly CompiledBudget[] = []

/** A budget in its present window. */
export interface BudgetWindow extends LedgerKey, LeaseTerms {}

export class CompiledBudget {
  readonly name: string
  readonly isHard: boolean
  /** The window as the operator wrote it. */
  readonly window: string
  readonly #spec: BudgetSpec
  readonly #revision: number
  readonly #windows: CurrentWindow
  readonly #key: string
  #current: BudgetWindow | undefined

  constructor(name: string, { spec, revision }: Resource<BudgetSpec>) {
    const { window, timeZone = 'UTC', mode } = spec
    this.name = name
    this.isHard = mode !== 'soft'
    this.window = window
    this.#spec = spec
    this.#revision = revision
    this.#windows = new CurrentWindow(window, timeZone)
    this.#key = budgetKey(spec)
  }

  windowAt(wallMs: number): BudgetWindow {
    const { number, endMs } = this.#windows.at(wallMs)
    if (this.#current?.window === number) return this.#current
    const { usd, alertAt = [] } = this.#spec
    const terms = {
      name: this.name,
      cap: Math.round(usd * nanoPerUsd),
      revision: this.#revision,
      windowEndMs: endMs,
      alertAt,
    }
    this.#current = { key: this.#key, window: number, terms, isHard: this.isHard }
    return this.#current
  }
}

export class BudgetTable {
  readonly #byOwner = new Map<string, CompiledBudget[]>()
  readonly #byCaller = new RecentMap<Caller, readonly CompiledBudget[]>()
  readonly #hasUsers: boolean

  constructor(budgets: ReadonlyMap<string, Resource<BudgetSpec>>) {
    for (const [name, resource] of budgets) this.#add(name, resource)
    this.#hasUsers = [...budgets.values()].some(({ spec }) => spec.user !== undefined)
  }

  /** The budgets that pay for a request, by its caller and its user. */
  of(caller: Caller, user: string): readonly CompiledBudget[] {
    const own = this.#byCaller.get(caller) ?? this.#ofCaller(caller)
    if (!this.#hasUsers || user === '') return own
    const users = this.#byOwner.get(ownerKey('user', user)) ?? none
    return users.length === 0 ? own : [...own, ...users]
  }

  #ofCaller(caller: Caller): readonly CompiledBudget[] {
    const { keyId, app, team, costCenter } = caller
    const owners = { key: keyId, app, team, costCenter }
    const found = Object.entries(owners).flatMap(([field, name]) =>
      name === '' ? none : (this.#byOwner.get(ownerKey(field as BudgetOwner, name)) ?? none),
    )
    this.#byCaller.set(caller, found)
    return found
  }

  #add(name: string, resource: Resource<BudgetSpec>): void {
    const owner = ownerOfBudget(resource.spec)
    if (owner === undefined) return
    const key = ownerKey(owner.field, owner.name)
    const others = this.#byOwner.get(key)
    const budget = new CompiledBudget(name, resource)
    if (others === undefined) this.#byOwner.set(key, [budget])
    else others.push(budget)
  }
}

function ownerKey(field: BudgetOwner, name: string): string {
  return `${field} ${name}`
}
