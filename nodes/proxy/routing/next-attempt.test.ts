import { expect, test } from 'vitest'
import type { PlannedAttempt } from './attempt-plan.ts'
import { directRoute } from './model-route.ts'
import { type AttemptEnd, nextAttempt, type RetryPlan, retryWaitMsMax } from './next-attempt.ts'

test('a failure without a condition is not retried', () => {
  expect(nextAttempt(ended({ condition: undefined }), plan([planned('b')]), noChance)).toEqual({ type: 'give-up' })
})

test('another target is tried at once', () => {
  const next = nextAttempt(ended({ condition: '5xx' }), plan([planned('b')]), noChance)
  expect(next).toMatchObject({ type: 'try', planned: { target: 'b' }, afterMs: 0 })
})

test('the pause before the same target grows with each try and has full jitter', () => {
  const pauses = [1, 2, 3, 4, 9].map((repeats) => {
    const next = nextAttempt(ended({ condition: '5xx' }), plan([planned('a', repeats)]), () => 0.5)
    return next.type === 'try' ? next.afterMs : undefined
  })
  expect(pauses).toEqual([100, 200, 400, 500, 500])
})

test('the pause is never shorter than the upstream asks', () => {
  const end = ended({ condition: '429', retryAfterMs: 700 })
  expect(nextAttempt(end, plan([planned('a', 1)]), noChance)).toMatchObject({ type: 'try', afterMs: 700 })
})

test('a target that asks for a longer wait is left out, and another one is tried', () => {
  const end = ended({ condition: '429', retryAfterMs: retryWaitMsMax + 1 })
  const next = nextAttempt(end, plan([planned('a', 1), planned('b')]), noChance)
  expect(next).toMatchObject({ type: 'try', planned: { target: 'b' }, afterMs: 0 })
})

test('a target that rejected its only credential is left out', () => {
  const end = ended({ condition: 'auth', isOnlyCredential: true })
  expect(nextAttempt(end, plan([planned('a', 1)]), noChance)).toEqual({ type: 'give-up' })
})

test('a target that rejected one of several credentials is tried again', () => {
  const end = ended({ condition: 'auth', isOnlyCredential: false })
  expect(nextAttempt(end, plan([planned('a', 1)]), noChance)).toMatchObject({ type: 'try', planned: { target: 'a' } })
})

test('a condition that the route does not retry on leads to a fallback', () => {
  const routed = plan([planned('b')], [])
  expect(nextAttempt(ended({ condition: 'timeout' }), routed, noChance)).toMatchObject({ type: 'try' })
  expect(routed.left).toBe(true)
})

test('a conflict that the route does not retry on leads nowhere', () => {
  const routed = plan([planned('b')], [])
  expect(nextAttempt(ended({ condition: '409' }), routed, noChance)).toEqual({ type: 'give-up' })
  expect(routed.left).toBe(false)
})

const noChance = (): number => 0

function ended(over: Partial<AttemptEnd<string>>): AttemptEnd<string> {
  return { target: 'a', condition: undefined, retryAfterMs: undefined, isOnlyCredential: true, ...over }
}

function planned(target: string, repeats = 0): PlannedAttempt<string> {
  const route = directRoute('m', target)
  return { route, target, fallbackIndex: 0, repeats, latency: undefined, trafficShare: 0, sharesRevision: 0 }
}

function plan(attempts: PlannedAttempt<string>[], retried = ['429', '5xx']): RetryPlan<string> & { left: boolean } {
  const left = [...attempts]
  return {
    left: false,
    retries: (condition) => retried.includes(condition),
    leaveRoute() {
      this.left = true
    },
    next: () => left.shift(),
  }
}
