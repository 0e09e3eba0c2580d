import { expect, test } from 'vitest'
import type { Ledger } from '../../../cluster/budgets/ledger.ts'
import { type BudgetSpec, budgetKey } from '../../../shared/config/kinds/budgets/spec.ts'
import { passedThresholds, watchedBudgets } from './passed-thresholds.ts'

const nowMs = Date.parse('2026-11-15T10:00:00Z')
const spec: BudgetSpec = { team: 'search', usd: 10, window: '1mo', timeZone: 'Europe/Berlin', alertAt: [0.5, 0.9] }
const windowEndMs = Date.parse('2026-11-30T23:00:00Z')

function ledger(thresholds: number[], more: Partial<Ledger> = {}): Ledger {
  const passed = thresholds.map((threshold) => ({ threshold, holder: 'p', sequence: 1 }))
  const shares = { p: { sequence: 1, settled: 9_200_000_000, open: 0 } }
  const terms = { cap: 10_000_000_000, revision: 1, name: 'monthly', windowEndMs, alertAt: [0.5, 0.9] }
  return { ...terms, shares, closed: 0, unsure: 0, passed, ...more }
}

const found = (kept: Ledger, budget = spec, name = 'monthly') =>
  passedThresholds([[{ key: budgetKey(budget), window: 1 }, kept]], watchedBudgets([[name, { spec: budget }]]), nowMs)

test('what was passed is an alert, with its window and its amounts', () => {
  const [first, second, ...more] = found(ledger([0.9, 0.5]))
  expect(more).toEqual([])
  expect(first).toEqual({
    id: expect.stringMatching(/^monthly\/[0-9a-f]{8}\/2026-10-31T23:00:00\.000Z\/0\.5$/),
    budget: 'monthly',
    threshold: 0.5,
    atMs: nowMs,
    limitUsd: 10,
    spentUsd: 9.2,
    startedAtMs: Date.parse('2026-10-31T23:00:00Z'),
    resetsAtMs: windowEndMs,
    delivery: 'waiting',
  })
  expect(second?.threshold).toBe(0.9)
})

test('an alert has the same id whoever finds it, and another owner or window has another one', () => {
  const idOf = (kept: Ledger, budget = spec) => found(kept, budget)[0]?.id
  expect(idOf(ledger([0.5]))).toBe(idOf(ledger([0.5], { cap: 20_000_000_000 })))
  const ids = [
    idOf(ledger([0.5])),
    idOf(ledger([0.5], { windowEndMs: Date.parse('2026-12-31T23:00:00Z') })),
    idOf(ledger([0.5]), { ...spec, team: 'ads' }),
  ]
  expect(new Set(ids).size).toBe(3)
})

test('a budget that alerts at nothing, and one that is gone, have no alerts', () => {
  const { alertAt: _none, ...silent } = spec
  expect(found(ledger([0.5]), silent)).toEqual([])
  expect(passedThresholds([[{ key: 'of nobody', window: 1 }, ledger([0.5])]], watchedBudgets([]), nowMs)).toEqual([])
})
