// Whether budgets conserve money: what was granted is spent, open or given back, and what is spent is what the ledger has for the owner
// in the window, but for what the documentation names.
import { type BudgetSpec, ownerOfBudget } from '../../../../shared/config/kinds/budgets/spec.ts'
import { done, type Result } from '../../../../shared/result.ts'
import { quarterMs } from '../../../../shared/time/calendar-month.ts'
import type { Refusal } from '../../admin-client.ts'
import type { VerbContext } from '../../verb.ts'
import { itemsOf } from '../get.ts'

/** Amounts are nano-dollars in decimal. */
export interface ProvenBudget {
  readonly name: string
  readonly granted: string
  readonly spent: string
  readonly open: string
  readonly returned: string
  /** What the ledger has for the owner in the window. */
  readonly ledger: string
  /** Why the ledger may have another amount than the budget. */
  readonly note: string
  readonly faults: readonly string[]
}

interface Status {
  readonly name: string
  readonly mode: 'hard' | 'soft'
  readonly limitUsd: number
  readonly spentUsd: number
  readonly reservedUsd: number
  readonly unsureUsd: number
  readonly grantedUsd: number
  readonly returnedUsd: number
  readonly startedAt: string
  readonly resetsAt: string
}

interface Look {
  readonly status: Status
  readonly spec: BudgetSpec
  readonly before: bigint
  readonly after: bigint
}

/** Proxies report once a second, and records take as long: under traffic the two are looked at again. */
const looksMax = 4
const pauseMs = 1_500

export async function proveBudgets(context: VerbContext): Promise<Result<ProvenBudget[], Refusal>> {
  const listed = await itemsOf(context, '/budgets')
  if (!listed.ok) return listed
  const proven: ProvenBudget[] = []
  for (const { name, spec } of listed.value) {
    const budget = await proveBudget(context, String(name), spec as BudgetSpec)
    if (!budget.ok) return budget
    if (budget.value !== undefined) proven.push(budget.value)
  }
  return done(proven)
}

async function proveBudget(
  context: VerbContext,
  name: string,
  spec: BudgetSpec,
): Promise<Result<ProvenBudget | undefined, Refusal>> {
  for (let looks = 1; ; looks++) {
    const look = await lookAt(context, name, spec)
    if (!look.ok) return look
    if (look.value === undefined) return done(undefined)
    const isEqual = difference(look.value) === 0n
    if (isEqual || looks === looksMax) return judged(context, look.value, isEqual)
    await new Promise<void>((resume) => void context.clock.after(pauseMs, resume))
  }
}

/** The ledger is asked before and after the budget, which may spend meanwhile. */
async function lookAt(
  context: VerbContext,
  name: string,
  spec: BudgetSpec,
): Promise<Result<Look | undefined, Refusal>> {
  const first = await statusOf(context, name)
  if (!first.ok || first.value === undefined) return first as Result<undefined, Refusal>
  const before = await ledgerOf(context, spec, first.value)
  if (!before.ok) return before
  const status = await statusOf(context, name)
  if (!status.ok || status.value === undefined) return status as Result<undefined, Refusal>
  const after = await ledgerOf(context, spec, status.value)
  if (!after.ok) return after
  return done({ status: status.value, spec, before: before.value, after: after.value })
}

async function statusOf({ client }: VerbContext, name: string): Promise<Result<Status | undefined, Refusal>> {
  const answer = await client.call({ path: '/budgets:status' })
  if (!answer.ok) return answer
  return done((answer.value['budgets'] as Status[]).find((budget) => budget.name === name))
}

async function ledgerOf(
  { client, clock }: VerbContext,
  spec: BudgetSpec,
  status: Status,
): Promise<Result<bigint, Refusal>> {
  const owner = ownerOfBudget(spec)
  if (owner === undefined) return done(0n)
  const next = (Math.floor(clock.wallMs() / quarterMs) + 1) * quarterMs
  const to = new Date(Math.min(next, Date.parse(status.resetsAt))).toISOString()
  const query = new URLSearchParams({ groupBy: owner.field, from: status.startedAt, to })
  const answer = await client.call({ path: `/ledger:sums?${query.toString()}` })
  if (!answer.ok) return answer
  const rows = answer.value['rows'] as Record<string, string>[]
  return done(BigInt(rows.find((row) => row[owner.field] === owner.name)?.['costNanoUsd'] ?? 0))
}

/** How much more the budget has than the ledger; 0 where it is between what the ledger had before and after. */
function difference({ status, before, after }: Look): bigint {
  const spent = nanosOf(status.spentUsd)
  if (spent > after) return spent - after
  return spent < before ? spent - before : 0n
}

async function judged(context: VerbContext, look: Look, isEqual: boolean): Promise<Result<ProvenBudget, Refusal>> {
  const { status, after } = look
  const faults = conservationFaults(status)
  let note = ''
  if (!isEqual) {
    const why = await reasonOf(context, look)
    if (!why.ok) return why
    if (why.value === undefined) faults.push(`it has ${nanosOf(status.spentUsd)} nano-USD, and the ledger ${after}`)
    else note = why.value
  }
  return done({
    name: status.name,
    granted: String(nanosOf(status.grantedUsd)),
    spent: String(nanosOf(status.spentUsd)),
    open: String(nanosOf(status.reservedUsd)),
    returned: String(nanosOf(status.returnedUsd)),
    ledger: String(after),
    note,
    faults,
  })
}

function conservationFaults({
  mode,
  limitUsd,
  spentUsd,
  reservedUsd,
  grantedUsd,
  returnedUsd,
  unsureUsd,
}: Status): string[] {
  const [spent, open, granted, returned] = [spentUsd, reservedUsd, grantedUsd, returnedUsd].map(nanosOf) as Four
  const faults: string[] = []
  if (granted !== spent + open + returned) {
    faults.push(`granted ${granted} is not spent ${spent} + open ${open} + given back ${returned} nano-USD`)
  }
  if (mode === 'hard' && spent > nanosOf(limitUsd)) faults.push(`spent ${spent} of ${nanosOf(limitUsd)} nano-USD`)
  if (nanosOf(unsureUsd) > spent) faults.push('more is unsure than was spent')
  return faults
}

type Four = [bigint, bigint, bigint, bigint]

/** The documented reason of a difference; undefined where there is none. */
async function reasonOf(context: VerbContext, look: Look): Promise<Result<string | undefined, Refusal>> {
  const { status } = look
  const more = difference(look)
  const unsure = nanosOf(status.unsureUsd)
  if (more > 0n && more <= unsure) return done(`${more} nano-USD are bounds of proxies that were killed`)
  if (status.mode === 'soft' && more < 0n) return done('soft: a kill can lose a second of its count')
  if (more > 0n) return done(undefined)
  return changedWithin(context, status)
}

/** A budget that was made or changed within its window counts from then on. */
async function changedWithin({ client }: VerbContext, status: Status): Promise<Result<string | undefined, Refusal>> {
  const resource = await client.call({ path: `/budgets/${encodeURIComponent(status.name)}` })
  if (!resource.ok) return resource
  const revision = Number(resource.value['revision'])
  const events = await client.call({ path: `/events?after=${revision - 1}&limit=1` })
  if (!events.ok) return events
  const at = (events.value['events'] as { at: string }[])[0]?.at
  const isWithin = at !== undefined && Date.parse(at) > Date.parse(status.startedAt)
  return done(isWithin ? `it was written at ${at}, within its window` : undefined)
}

function nanosOf(usd: number): bigint {
  return BigInt(Math.round(usd * 1e9))
}
