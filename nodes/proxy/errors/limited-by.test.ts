import { expect, test } from 'vitest'
import type { GatewayError } from './gateway-error.ts'
import { limitedBy } from './limited-by.ts'
import { errorCases } from './test-errors.ts'

const named: Partial<Record<GatewayError['type'], RegExp>> = {
  'rate-limited': /^limits\/./,
  'limit-exhausted': /^limits\/./,
  'budget-exceeded': /^budgets\/./,
  'budget-exhausted': /^budgets\/./,
  'budget-away': /^budgets\/./,
  'cost-unbounded': /^budgets\/./,
  'upstream-busy': /^providers\/./,
}

test('every error that a limit, a budget or a quota causes names it, and no other one does', () => {
  for (const [, { error }] of errorCases) {
    const expected = named[error.type]
    if (expected === undefined) expect([error.type, limitedBy(error)]).toEqual([error.type, undefined])
    else expect(limitedBy(error)).toMatch(expected)
  }
})
