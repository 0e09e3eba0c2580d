// Months of the ledger: what each cost centre has cost, in calendar months of a time zone, with those that are closed.
import { done } from '../../result.ts'
import { type Month, monthAt, monthNamed, quarterMs } from '../../time/calendar-month.ts'
import { isTimeZone } from '../../time/time-zone.ts'
import type { LedgerMonthsQuery, MonthRow } from '../ledger-queries.ts'
import { type MergedAnswer, problem } from './answer.ts'
import { amountsOf } from './ledger-sums.ts'

/** A month that is closed in a partition. */
export interface ClosedMonth {
  readonly partition: number
  readonly month: string
  readonly timeZone: string
  readonly cutMs: number
  readonly rows: readonly MonthRow[]
  /** What was missing when it was closed. */
  readonly missing: readonly string[]
}

/** What one partition has of months. */
export interface PartitionMonths {
  readonly partition: number
  readonly closed: readonly ClosedMonth[]
  readonly open: readonly (readonly [month: string, rows: readonly MonthRow[]])[]
}

export interface MonthsQuestion {
  readonly timeZone: string
  readonly months: readonly Month[]
  readonly cutMs: number
}

const monthsMax = 36

/** `zone` is that of the closed months. */
export function readLedgerMonths(
  query: LedgerMonthsQuery,
  { zone, wallMs }: { zone: string | undefined; wallMs: number },
): MergedAnswer<MonthsQuestion> {
  const { timeZone = zone ?? 'UTC', cutMs = Number.MAX_SAFE_INTEGER } = query
  if (!isTimeZone(timeZone)) return problem('timeZone', 'is not a time zone such as Europe/Berlin')
  const present = monthAt(timeZone, wallMs)
  if (present.startMs % quarterMs !== 0) return problem('timeZone', 'does not begin its months at a quarter of an hour')
  const to = query.to === undefined ? present : monthNamed(timeZone, query.to)
  if (to === undefined) return problem('to', 'is not a month such as 2026-11')
  const from = query.from === undefined ? monthAt(timeZone, to.startMs - 1) : monthNamed(timeZone, query.from)
  if (from === undefined) return problem('from', 'is not a month such as 2026-11')
  if (from.startMs > to.startMs) return problem('to', 'is before `from`')
  const months: Month[] = []
  for (let month = from; month.startMs <= to.startMs; month = monthAt(timeZone, month.endMs)) {
    months.push(month)
    if (months.length > monthsMax) return problem('from', `is more than ${monthsMax} months before \`to\``)
  }
  return done({ timeZone, months, cutMs })
}

export function mergedLedgerMonths(
  { timeZone, months }: MonthsQuestion,
  parts: readonly PartitionMonths[],
): Record<string, unknown> {
  const closed = parts.flatMap((part) => part.closed)
  const isHere = new Set(months.map(({ name }) => name))
  const others = new Set(closed.map(({ month }) => month).filter((name) => !isHere.has(name)))
  const all = [...others].flatMap((name) => monthNamed(closed.find((one) => one.month === name)!.timeZone, name) ?? [])
  const sorted = [...all, ...months].sort((a, b) => b.startMs - a.startMs)
  return { timeZone, months: sorted.map((month) => monthBody(month, parts)) }
}

function monthBody(month: Month, parts: readonly PartitionMonths[]) {
  const closes = parts.flatMap(({ closed }) => closed.filter((one) => one.month === month.name))
  const [close] = closes
  const closedIn = new Set(closes.map(({ partition }) => partition))
  const openRows = parts
    .filter(({ partition }) => !closedIn.has(partition))
    .flatMap(({ open }) => open.filter(([name]) => name === month.name).flatMap(([, rows]) => rows))
  const rows = [...closes.flatMap((one) => one.rows), ...openRows]
  return {
    month: month.name,
    from: new Date(month.startMs).toISOString(),
    to: new Date(month.endMs).toISOString(),
    status: close === undefined ? 'open' : 'closed',
    ...(close === undefined ? {} : { timeZone: close.timeZone, closedAt: new Date(close.cutMs).toISOString() }),
    ...(closes.some(({ missing }) => missing.length > 0)
      ? { missing: [...new Set(closes.flatMap((one) => one.missing))] }
      : {}),
    total: amountsOf(summed(rows)),
    costCenters: byCostCenter(rows),
  }
}

function byCostCenter(rows: readonly MonthRow[]) {
  const groups = Map.groupBy(rows, ([costCenter]) => costCenter)
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([costCenter, own]) => ({ costCenter, ...amountsOf(summed(own)), corrections: correctionsOf(own) }))
}

function correctionsOf(rows: readonly MonthRow[]) {
  const late = Map.groupBy(
    rows.filter(([, corrects]) => corrects !== ''),
    ([, corrects]) => corrects,
  )
  return [...late].sort(([a], [b]) => (a < b ? -1 : 1)).map(([month, own]) => ({ month, ...amountsOf(summed(own)) }))
}

function summed(rows: readonly MonthRow[]): bigint[] {
  const sum: [bigint, bigint, bigint] = [0n, 0n, 0n]
  for (const [, , events, cost, saved] of rows) {
    sum[0] += BigInt(events)
    sum[1] += BigInt(cost)
    sum[2] += BigInt(saved)
  }
  return sum
}
