// What months have cost in each partition, out of the sums.
import type { DatabaseSync } from 'node:sqlite'
import type { ClosedMonth, MonthsQuestion, PartitionMonths } from '../../../shared/telemetry/answers/ledger-months.ts'
import type { MonthRow } from '../../../shared/telemetry/ledger-queries.ts'
import { type Month, quarterMs } from '../../../shared/time/calendar-month.ts'
import { eventOf, selectEvents } from './event-rows.ts'
import type { LedgerRead } from './ledger-list.ts'
import { type MonthClose, quarterOf } from './months.ts'

type Amounts = [events: bigint, cost: bigint, saved: bigint]

interface Asked {
  readonly partition: number
  readonly closes: readonly MonthClose[]
  readonly cutMs: number
}

export function monthsOf(
  read: LedgerRead,
  { months, cutMs }: MonthsQuestion,
  partitions: readonly number[],
): PartitionMonths[] {
  return partitions.map((partition) => {
    const closes = read.closesOf(partition)
    const asked = { partition, closes, cutMs }
    const isClosed = new Set(closes.map(({ name }) => name))
    const open = months.filter(({ name }) => !isClosed.has(name))
    return {
      partition,
      closed: closes.map((close) => closedMonth(partition, close)),
      open: open.map((month) => [month.name, rowsOf(read.database, month, asked)] as const),
    }
  })
}

/** The wire form of a month's totals: what is stored with its close. */
export function totalsText(rows: readonly MonthRow[], missing: readonly string[]): string {
  return JSON.stringify({ rows, missing })
}

function closedMonth(partition: number, { name, timeZone, cutMs, totals }: MonthClose): ClosedMonth {
  const { rows, missing } = JSON.parse(totals) as Pick<ClosedMonth, 'rows' | 'missing'>
  return { partition, month: name, timeZone, cutMs, rows, missing }
}

function rowsOf(database: DatabaseSync, month: Month, asked: Asked): MonthRow[] {
  const sums = new Map<string, Amounts>()
  const [from, to] = [month.startMs / quarterMs, month.endMs / quarterMs]
  const amounts = 'sum(s.events) AS events, sum(s.costNanoUsd) AS cost, sum(s.savedNanoUsd) AS saved'
  const own = database.prepare(`
    SELECT o.costCenter, ${amounts} FROM ledgerSum s JOIN ledgerOwner o ON o.id = s.owner
    WHERE s.partition = ? AND s.quarter >= ? AND s.quarter < ? AND s.bookedQuarter = 0 GROUP BY o.costCenter`)
  own.setReadBigInts(true)
  for (const row of own.iterate(asked.partition, from, to)) add(sums, String(row['costCenter']), '', amountsIn(row))
  const late = database.prepare(`
    SELECT o.costCenter, s.quarter, ${amounts} FROM ledgerSum s JOIN ledgerOwner o ON o.id = s.owner
    WHERE s.partition = ? AND s.bookedQuarter >= ? AND s.bookedQuarter < ? AND s.bookedQuarter > 0
    GROUP BY o.costCenter, s.quarter`)
  late.setReadBigInts(true)
  for (const row of late.iterate(asked.partition, from, to)) {
    const atMs = Number(row['quarter']) * quarterMs
    const corrected = asked.closes.find(({ startMs, endMs }) => atMs >= startMs && atMs < endMs)
    add(sums, String(row['costCenter']), corrected?.name ?? '', amountsIn(row))
  }
  takeOutLater(database, month, asked, sums)
  return [...sums].map(([name, sum]): MonthRow => {
    const [costCenter, corrects] = JSON.parse(name) as [string, string]
    const [events, cost, saved] = sum.map(String) as [string, string, string]
    return [costCenter, corrects, events, cost, saved]
  })
}

/** Takes out what was booked after the cut: the newest events alone. */
function takeOutLater(
  database: DatabaseSync,
  month: Month,
  { partition, closes, cutMs }: Asked,
  sums: Map<string, Amounts>,
): void {
  if (cutMs === Number.MAX_SAFE_INTEGER) return
  const tail = database.prepare(`${selectEvents} WHERE e.partition = ? ORDER BY e.sequence DESC`)
  tail.setReadBigInts(true)
  for (const row of tail.iterate(partition)) {
    const event = eventOf(row)
    if (event.bookedMs < cutMs) return
    const corrected = closes.find(({ startMs, endMs }) => event.atMs >= startMs && event.atMs < endMs)
    const atMs = corrected === undefined ? event.atMs : quarterOf(event.bookedMs) * quarterMs
    if (event.kind === 'month-close' || atMs < month.startMs || atMs >= month.endMs) continue
    add(sums, event.costCenter, corrected?.name ?? '', [-1n, -event.costNanoUsd, -event.savedNanoUsd])
  }
}

function add(sums: Map<string, Amounts>, costCenter: string, corrects: string, amounts: Amounts): void {
  const name = JSON.stringify([costCenter, corrects])
  const known = sums.get(name)
  if (known === undefined) sums.set(name, amounts)
  else sums.set(name, [known[0] + amounts[0], known[1] + amounts[1], known[2] + amounts[2]])
}

function amountsIn(row: Record<string, unknown>): Amounts {
  return [row['events'] as bigint, row['cost'] as bigint, row['saved'] as bigint]
}
