// The policy of budgets: every budget that pays for a request must have enough left for the most that it can cost. That much is
// reserved before the request is sent, and settled on what it did cost.

import type { BudgetDesk } from '../../../../cluster/budgets/budget-desk.ts'
import type { Lease } from '../../../../cluster/budgets/lease.ts'
import type { LeaseOutcome } from '../../../../cluster/budgets/lease-queue.ts'
import type { Clock } from '../../../../shared/clock.ts'
import { RecentMap } from '../../../../shared/recent-map.ts'
import type { BudgetLoad } from '../../../../shared/telemetry/records.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { Jobs } from '../../large/job.ts'
import type { EntryDecision, Policy, PolicyDecision, Spent } from '../../policies/policy.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import type { InferenceRequest } from '../../request/inference-request.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'
import { BudgetHold } from './budget-hold.ts'
import { BudgetTable, type CompiledBudget } from './budget-table.ts'
import { sizesLater } from './conversation-sizes.ts'
import { type CostBound, costBound, type NoBound } from './cost-bound.ts'
import { PriceCeilings } from './price-ceiling.ts'

/** What a realtime session or a batch reserves: enough to learn that something is left. */
const openingNanoUsd = 1
const nanoPerUsd = 1e9
/** Budgets that heartbeats tell of. */
const loadsMax = 256

export class Budgets implements Policy {
  readonly name = 'budgets'
  readonly #desk: BudgetDesk
  readonly #clock: Clock
  readonly #jobs: Jobs
  readonly #ceilings = new PriceCeilings()
  readonly #tables = new RecentMap<Snapshot['budgets'], BudgetTable>()
  readonly #rejected = new Map<string, number>()
  /** Streams that were cut, by budget. */
  readonly #cut = new Map<string, number>()
  readonly #onCut = (budget: string): void => void this.#cut.set(budget, (this.#cut.get(budget) ?? 0) + 1)

  constructor({ desk, clock, jobs }: { desk: BudgetDesk; clock: Clock; jobs: Jobs }) {
    this.#desk = desk
    this.#clock = clock
    this.#jobs = jobs
  }

  /** Requests that were rejected, by budget. */
  get rejected(): ReadonlyMap<string, number> {
    return this.#rejected
  }

  /** What this proxy knows of the budgets that it spends of. */
  loads(): Record<string, BudgetLoad> {
    const nowMs = this.#clock.wallMs()
    const loads = new Map<string, BudgetLoad>()
    for (const { terms, spent, granted, used } of this.#desk.leases) {
      if (terms.windowEndMs <= nowMs || loads.size >= loadsMax) continue
      loads.set(terms.name, {
        limitUsd: terms.cap / nanoPerUsd,
        spentUsd: spent / nanoPerUsd,
        leasedUsd: Math.max(0, granted - used) / nanoPerUsd,
        rejected: this.#rejected.get(terms.name) ?? 0,
        cut: this.#cut.get(terms.name) ?? 0,
      })
    }
    return Object.fromEntries(loads)
  }

  governs(request: AuthenticatedRequest): boolean {
    return request.snapshot.budgets.size > 0 && this.#budgetsOf(request).length > 0
  }

  decide(request: AuthenticatedRequest, asked: InferenceRequest): PolicyDecision | Promise<PolicyDecision> {
    const budgets = this.#budgetsOf(request)
    const bound = budgets.some(({ isHard }) => isHard) ? this.#boundOf(request, asked) : nothing
    const decision =
      bound instanceof Promise ? bound.then((late) => this.#reserve(budgets, late)) : this.#reserve(budgets, bound)
    if (decision instanceof Promise) return decision.then((late) => withRequest(late, asked))
    return withRequest(decision, asked)
  }

  #boundOf(request: AuthenticatedRequest, asked: InferenceRequest): CostBound | Promise<CostBound> {
    const told = request.operation.counts === undefined ? sizesLater(request, asked, this.#jobs) : undefined
    if (told === undefined) return costBound(request, asked, this.#ceilings)
    return told.then((sizes) => costBound(request, asked, this.#ceilings, sizes))
  }

  /** Requests about files and stored responses cost nothing. A session is charged for each of its responses, and a batch when it is
   *  over: neither is begun while a budget has nothing left. */
  enter(request: AuthenticatedRequest, model: string): EntryDecision | Promise<EntryDecision> {
    if (model === '' && !createsBatch(request)) return { type: 'proceed' }
    return this.#reserve(this.#budgetsOf(request), { nanoUsd: openingNanoUsd })
  }

  charge(request: AuthenticatedRequest, { nanoUsd }: Spent): void {
    const wallMs = this.#clock.wallMs()
    for (const budget of this.#budgetsOf(request)) {
      const window = budget.windowAt(wallMs)
      const lease = this.#desk.lease(window, { terms: window.terms, isHard: budget.isHard })
      lease.settle(0, nanoUsd)
      this.#desk.settled(lease)
    }
  }

  #budgetsOf({ snapshot, caller, user }: AuthenticatedRequest): readonly CompiledBudget[] {
    return this.#tableOf(snapshot).of(caller, user)
  }

  #tableOf({ budgets }: Snapshot): BudgetTable {
    const known = this.#tables.get(budgets)
    if (known !== undefined) return known
    const made = new BudgetTable(budgets)
    this.#tables.set(budgets, made)
    return made
  }

  #reserve(budgets: readonly CompiledBudget[], bound: CostBound): EntryDecision | Promise<EntryDecision> {
    if (!('nanoUsd' in bound)) return { type: 'reject', error: unbounded(budgets, bound) }
    const wallMs = this.#clock.wallMs()
    const [first] = budgets
    const leases =
      budgets.length === 1 && first !== undefined
        ? [this.#leaseOf(first, wallMs)]
        : budgets.map((budget) => this.#leaseOf(budget, wallMs))
    return this.#reserveFrom(0, { budgets, leases, nanoUsd: bound.nanoUsd })
  }

  #leaseOf(budget: CompiledBudget, wallMs: number): Lease {
    const window = budget.windowAt(wallMs)
    return this.#desk.lease(window, window)
  }

  /** Reserves of one budget after the other, from `first` on. */
  #reserveFrom(first: number, asking: Asking): EntryDecision | Promise<EntryDecision> {
    const { leases, nanoUsd } = asking
    for (let index = first; index < leases.length; index++) {
      const lease = leases[index]
      if (lease?.isHard !== true) continue
      const reserved = lease.reserve(nanoUsd) ? 'granted' : this.#desk.wait(lease, nanoUsd)
      if (reserved instanceof Promise) return reserved.then((late) => this.#reservedLate(index, asking, late))
      if (reserved !== 'granted') return this.#reject(index, asking, reserved)
      this.#desk.renew(lease)
    }
    return { type: 'proceed', hold: new BudgetHold(this.#desk, { leases, bound: nanoUsd, onCut: this.#onCut }) }
  }

  #reservedLate(index: number, asking: Asking, outcome: LeaseOutcome): EntryDecision | Promise<EntryDecision> {
    if (outcome !== 'granted') return this.#reject(index, asking, outcome)
    const lease = asking.leases[index]
    if (lease !== undefined) this.#desk.renew(lease)
    return this.#reserveFrom(index + 1, asking)
  }

  /** Gives back what the budgets before were asked for. */
  #reject(
    index: number,
    { budgets, leases, nanoUsd }: Asking,
    outcome: Exclude<LeaseOutcome, 'granted'>,
  ): EntryDecision {
    for (const lease of leases.slice(0, index)) {
      if (!lease.isHard) continue
      lease.settle(nanoUsd, 0)
      this.#desk.settled(lease)
    }
    const [budget, lease] = [budgets[index], leases[index]]
    if (budget === undefined || lease === undefined) return { type: 'proceed' }
    const { name } = budget
    this.#rejected.set(name, (this.#rejected.get(name) ?? 0) + 1)
    return {
      type: 'reject',
      error:
        outcome === 'away'
          ? { type: 'budget-away', budget: name }
          : spent({ budget, lease, boundNanoUsd: nanoUsd, outcome }),
    }
  }
}

interface Asking {
  readonly budgets: readonly CompiledBudget[]
  /** That of each budget. */
  readonly leases: readonly Lease[]
  readonly nanoUsd: number
}

const nothing: CostBound = { nanoUsd: 0 }

function createsBatch({ matched: { object }, head }: AuthenticatedRequest): boolean {
  return object?.actions[head.method] === 'create-batch'
}

function unbounded(budgets: readonly CompiledBudget[], bound: NoBound): GatewayError {
  if ('error' in bound) return bound.error
  return { type: 'cost-unbounded', budget: budgets.find(({ isHard }) => isHard)?.name ?? '', why: bound.unbounded }
}

interface Spending {
  readonly budget: CompiledBudget
  readonly lease: Lease
  readonly boundNanoUsd: number
  readonly outcome: 'spent' | 'reserved'
}

function spent({ budget, lease, boundNanoUsd, outcome }: Spending): GatewayError {
  const { cap, windowEndMs } = lease.terms
  return {
    type: 'budget-exceeded',
    budget: budget.name,
    window: budget.window,
    limitNanoUsd: cap,
    spentNanoUsd: lease.spent,
    reservedNanoUsd: lease.held,
    boundNanoUsd,
    resetsAtMs: windowEndMs,
    isReserved: outcome === 'reserved',
  }
}

function withRequest(decision: EntryDecision, asked: InferenceRequest): PolicyDecision {
  if (decision.type === 'reject') return decision
  const { hold } = decision
  return hold === undefined ? { type: 'proceed', asked } : { type: 'proceed', asked, hold }
}
