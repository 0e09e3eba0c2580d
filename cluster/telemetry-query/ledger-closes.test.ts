import { expect, test } from 'vitest'
import type { ClosedMonth } from '../../shared/telemetry/answers/ledger-months.ts'
import { chosenMonths, type HeardMonths, lackingCloses } from './ledger-closes.ts'

const closed = (month: string): ClosedMonth => ({
  partition: 3,
  month,
  timeZone: 'UTC',
  cutMs: 5,
  rows: [['cc', '', '1', '7', '0']],
  missing: [],
})

const keeper = (node: string, lagMs: number, months: readonly string[]): HeardMonths => ({
  node,
  boot: `${node}-boot`,
  partitions: [{ partition: 3, isCaughtUp: lagMs === 0, lagMs, completeSinceMs: 0 }],
  months: [{ partition: 3, closed: months.map(closed), open: [['2026-12', [['cc', '', String(lagMs), '0', '0']]]] }],
})

test('the keeper that has most of a partition tells its open months, and any one its closed ones', () => {
  const [chosen, ...others] = chosenMonths([keeper('behind', 9_000, ['2026-10']), keeper('ahead', 0, ['2026-11'])])
  expect(others).toEqual([])
  expect(chosen?.months.open).toEqual([['2026-12', [['cc', '', '0', '0', '0']]]])
  expect(chosen?.months.closed.map(({ month }) => month).sort()).toEqual(['2026-10', '2026-11'])
})

test('a keeper that was away when a month was closed is told of it, with the same totals', () => {
  const lacking = lackingCloses([
    keeper('a', 0, ['2026-10', '2026-11']),
    keeper('b', 0, ['2026-10']),
    keeper('c', 0, []),
  ])
  expect(lacking.map(({ node, closes }) => [node, closes.map(({ month }) => month)])).toEqual([
    ['a', []],
    ['b', ['2026-11']],
    ['c', ['2026-10', '2026-11']],
  ])
  expect(lacking[1]?.closes[0]).toEqual({
    type: 'ledger-close',
    month: '2026-11',
    timeZone: 'UTC',
    cutMs: 5,
    rows: [[3, [['cc', '', '1', '7', '0']]]],
    missing: [],
  })
})
