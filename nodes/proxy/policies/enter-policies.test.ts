import { expect, test } from 'vitest'
import type { Hold } from '../accounting/outcome.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import { enterPolicies } from './enter-policies.ts'
import type { EntryDecision, Policy } from './policy.ts'

const request = {} as AuthenticatedRequest
const hold = (): Hold => ({ settle: () => {} })
const error = { type: 'internal' } as const

function entering(decision: EntryDecision | Promise<EntryDecision>, governs = true): Policy & { asked: number } {
  const policy = {
    name: 'entry',
    asked: 0,
    governs: () => governs,
    decide: () => ({ type: 'reject', error }) as const,
    enter: () => {
      policy.asked++
      return decision
    },
  }
  return policy
}

test('the holds of all policies are kept, in their order', async () => {
  const [one, other] = [hold(), hold()]
  const policies = [
    entering({ type: 'proceed', hold: one }),
    entering(Promise.resolve({ type: 'proceed', hold: other })),
  ]
  expect(await enterPolicies(policies, request, '')).toEqual({ holds: [one, other] })
})

test.each<[string, EntryDecision | Promise<EntryDecision>]>([
  ['at once', { type: 'reject', error }],
  ['later', Promise.resolve({ type: 'reject', error })],
])('after a rejection %s no policy is asked, and earlier holds are not lost', async (_, rejection) => {
  const [kept, last] = [hold(), entering({ type: 'proceed' })]
  const policies = [entering({ type: 'proceed', hold: kept }), entering(rejection), last]
  expect(await enterPolicies(policies, request, '')).toEqual({ holds: [kept], error })
  expect(last.asked).toBe(0)
})

test('a policy that does not govern the request, or has no say, is passed over', async () => {
  const silent = entering({ type: 'reject', error }, false)
  const inferenceOnly: Policy = { name: 'x', governs: () => true, decide: () => ({ type: 'reject', error }) }
  expect(enterPolicies([silent, inferenceOnly], request, '')).toEqual({ holds: [] })
})

test.each<[string, () => never | Promise<never>]>([
  [
    'throws',
    () => {
      throw new Error('broken')
    },
  ],
  ['fails later', () => Promise.reject(new Error('broken'))],
])('what is held is not lost when a later policy %s', async (_, enter) => {
  const [kept, last] = [hold(), entering({ type: 'proceed' })]
  const broken: Policy = { ...entering({ type: 'proceed' }), enter }
  const policies = [entering({ type: 'proceed', hold: kept }), broken, last]
  const entered = await enterPolicies(policies, request, '')
  expect(entered.holds).toEqual([kept])
  expect(entered.thrown).toEqual([new Error('broken')])
  expect(last.asked).toBe(0)
})
