// Months that are closed, at two keepers of one partition that hear of records and of the close at other times.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { monthsIn } from '../../../shared/telemetry/answers/merged-ledger.ts'
import { sampleAttempt, sampleRequest } from '../../../shared/telemetry/arbitrary-records.ts'
import type { LedgerCloseQuery, MonthRow } from '../../../shared/telemetry/ledger-queries.ts'
import { monthNamed } from '../../../shared/time/calendar-month.ts'
import { type Sent, TestLedger } from './test-ledger.ts'

const timeZone = 'Europe/Berlin'
const october = monthNamed(timeZone, '2026-10')!
const november = monthNamed(timeZone, '2026-11')!
let first: TestLedger
let second: TestLedger

beforeEach(() => {
  first = new TestLedger()
  second = new TestLedger()
})

afterEach(() => {
  first.close()
  second.close()
})

const paid = (requestId: string, atMs: number, costNanoUsd: number): Sent => [
  sampleRequest({ requestId, atMs, costNanoUsd, costCenter: 'cc' }),
  [sampleAttempt({ requestId, atMs, costNanoUsd })],
]

/** `arrivedMs`: when the stream stored it, which both know. */
function arrive(books: TestLedger, bytes: Uint8Array, arrivedMs: number): void {
  books.committer.take({ partition: 3, bytes, atMs: arrivedMs })
  books.committer.commit()
}

function rowsOf(books: TestLedger, month: string, cutMs?: number): readonly MonthRow[] {
  const asked = { type: 'ledger-months', timeZone, from: '2026-10', to: '2026-12' } as const
  const part = books.answers.part(cutMs === undefined ? asked : { ...asked, cutMs }, [3], [3])
  const [months] = monthsIn([part])
  const closed = months?.closed.find((one) => one.month === month)
  return closed?.rows ?? months?.open.find(([name]) => name === month)?.[1] ?? []
}

function close(books: TestLedger, rows: readonly MonthRow[], cutMs: number): readonly number[] {
  const query: LedgerCloseQuery = {
    type: 'ledger-close',
    month: '2026-10',
    timeZone,
    cutMs,
    rows: [[3, rows]],
    missing: [],
  }
  const part = books.answers.part(query, [3], [3])
  return part.type === 'ledger-closed' ? part.partitions : []
}

test('both have the same months, whichever comes first, the late record or the close', () => {
  const early = first.batch('b', [paid('early', october.endMs - 1, 100), paid('next', october.endMs, 7)])
  const cutMs = october.endMs + 3_600_000
  const late = first.batch('b', [paid('late', october.endMs - 60_000, 30)])
  for (const books of [first, second]) {
    books.clock.advance(cutMs + 20_000 - books.clock.wallMs())
    arrive(books, early, october.endMs + 5_000)
  }
  const rows = rowsOf(first, '2026-10', cutMs)
  expect(rows).toEqual([['cc', '', '1', '100', '0']])
  // The first hears of the close, then of the record; the second the other way round.
  expect(close(first, rows, cutMs)).toEqual([3])
  arrive(first, late, cutMs + 10_000)
  arrive(second, late, cutMs + 10_000)
  expect(rowsOf(second, '2026-10', cutMs)).toEqual(rows)
  expect(close(second, rows, cutMs)).toEqual([3])
  for (const books of [first, second]) {
    expect(rowsOf(books, '2026-10')).toEqual(rows)
    expect(rowsOf(books, '2026-11')).toEqual([
      ['cc', '', '1', '7', '0'],
      ['cc', '2026-10', '1', '30', '0'],
    ])
    expect(books.items({ requestId: 'late' })).toMatchObject([{ correctsMonth: '2026-10' }])
    expect(books.verify().faults).toEqual([])
  }
})

test('a close is made once, and outlives a restart and the retention', () => {
  const cutMs = october.endMs + 1
  first.clock.advance(cutMs + 20_000 - first.clock.wallMs())
  arrive(first, first.batch('b', [paid('r', october.startMs, 5)]), october.startMs + 1)
  const rows = rowsOf(first, '2026-10', cutMs)
  close(first, rows, cutMs)
  close(first, [['cc', '', '9', '999', '0']], cutMs + 1)
  first.kill()
  expect(first.items({ kind: 'month-close' })).toHaveLength(1)
  expect(rowsOf(first, '2026-10')).toEqual([['cc', '', '1', '5', '0']])
  first.clock.advance(500 * 86_400_000)
  arrive(first, first.batch('b', [paid('new', first.clock.wallMs(), 1)]), first.clock.wallMs())
  arrive(first, first.batch('b', [paid('newer', first.clock.wallMs(), 1)]), first.clock.wallMs())
  expect(first.items().map(({ id }) => id)).toEqual(['newer/0', 'new/0'])
  expect(rowsOf(first, '2026-10')).toEqual([['cc', '', '1', '5', '0']])
  expect(first.verify().faults).toEqual([])
})

test('totals of a close that somebody changed are found', () => {
  close(first, [['cc', '', '1', '100', '0']], october.endMs + 1)
  first.committer.store!.database.exec(`UPDATE ledgerMonth SET totals = replace(totals, '100', '900')`)
  expect(first.verify().faults).toEqual([
    { type: 'month', message: 'the totals of 2026-10 are not those with which it was closed' },
  ])
})

test('a close that somebody took away is found', () => {
  close(first, [['cc', '', '1', '100', '0']], october.endMs + 1)
  first.committer.store!.database.exec('DELETE FROM ledgerMonth')
  expect(first.verify().faults).toEqual([
    { type: 'month', message: '2026-10 was closed, and its totals are not there' },
  ])
})

test('a keeper whose records are not all here is not closed, unless that is asked for', () => {
  const query: LedgerCloseQuery = {
    type: 'ledger-close',
    month: '2026-10',
    timeZone,
    cutMs: 1,
    rows: [[3, []]],
    missing: [],
  }
  expect(first.answers.part(query, [3], [])).toEqual({ type: 'ledger-closed', partitions: [] })
  expect(first.answers.part({ ...query, evenIfBehind: true }, [3], [])).toEqual({
    type: 'ledger-closed',
    partitions: [3],
  })
})

test('months begin where the clocks of their zone say, also where clocks are put back within them', () => {
  expect([october.startMs, october.endMs, november.endMs].map((ms) => new Date(ms).toISOString())).toEqual([
    '2026-09-30T22:00:00.000Z',
    '2026-10-31T23:00:00.000Z',
    '2026-11-30T23:00:00.000Z',
  ])
})
