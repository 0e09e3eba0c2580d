import { expect, test } from 'vitest'
import { budgetRows } from './budget-rows.ts'

const spent = {
  type: 'budget-exceeded',
  budget: 'search',
  window: '1d',
  limitNanoUsd: 1e9,
  spentNanoUsd: 999_999_999,
  reservedNanoUsd: 0,
  boundNanoUsd: 2,
  resetsAtMs: Date.UTC(2026, 11, 1),
  isReserved: false,
} as const

test('a spent budget is not asked again, and its message tells the amounts to the nano-dollar', () => {
  const found = budgetRows['budget-exceeded'](spent)
  expect(found).toMatchObject({ status: 429, type: 'insufficient_quota', code: 'budget_exceeded', retry: false })
  expect(found.retryAfterMs).toBeUndefined()
  expect(found.message).toContain('0.999999999 USD are spent')
})

test('what others have reserved may come back', () => {
  const found = budgetRows['budget-exceeded']({ ...spent, isReserved: true })
  expect(found).toMatchObject({ status: 429, code: 'budget_exceeded', retry: true, retryAfterMs: 1_000 })
})
