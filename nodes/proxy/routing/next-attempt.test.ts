import { describe, expect, test } from 'vitest'
import type { RetryCondition } from '../../../shared/config/kinds/models/spec.ts'
import type { PlannedAttempt } from './attempt-plan.ts'
import { directRoute } from './model-route.ts'
import { type AttemptEnd, nextAttempt, type RetryPlan } from './next-attempt.ts'

function planned(target: string, repeats = 0): PlannedAttempt<string> {
  const route = directRoute('m', target)
  return { route, target, fallbackIndex: 0, repeats, latency: undefined, trafficShare: 0, sharesRevision: 0 }
}

/** A route that retries on `conditions`, with `own` attempts left, then those of its fallbacks. */
function plan(
  { own = [], fallbacks = [] }: { own?: PlannedAttempt<string>[]; fallbacks?: PlannedAttempt<string>[] },
  conditions: readonly RetryCondition[] = ['429', '5xx', 'timeout', 'connect'],
  spent: readonly string[] = [],
): RetryPlan<string> {
  let left = own
  return {
    retries: (condition) => conditions.includes(condition),
    leaveRoute: () => {
      left = []
    },
    next: () => left.shift() ?? fallbacks.shift(),
    mayTry: ({ target }) => !spent.includes(target),
  }
}

const failed: AttemptEnd<string> = {
  target: 'a',
  condition: '5xx',
  passes: false,
  retryAfterMs: undefined,
  isOnlyCredential: true,
}
const end = (more: Partial<AttemptEnd<string>>): AttemptEnd<string> => ({ ...failed, ...more })
const half = () => 0.5

describe('which attempt comes next', () => {
  test('another target at once', () => {
    const next = nextAttempt(failed, plan({ own: [planned('b')] }), half)
    expect(next).toMatchObject({ type: 'try', planned: { target: 'b' }, afterMs: 0 })
  })

  test('one at another provider where the budget of the next one is spent, and none where all are', () => {
    const own = () => [planned('a', 1), planned('a', 2)]
    expect(nextAttempt(failed, plan({ own: own(), fallbacks: [planned('b')] }, ['5xx'], ['a']), half)).toMatchObject({
      type: 'try',
      planned: { target: 'b' },
    })
    expect(nextAttempt(failed, plan({ own: own() }, ['5xx'], ['a']), half)).toEqual({ type: 'give-up' })
  })

  test('none where the caller has to mend its request', () => {
    expect(nextAttempt(end({ condition: undefined }), plan({ own: [planned('b')] }), half)).toEqual({ type: 'give-up' })
  })

  test('another target where one cannot answer, never the same one, whatever the route retries on', () => {
    const missing = end({ condition: 'target', isOnlyCredential: false })
    const own = [planned('a', 1), planned('b')]
    expect(nextAttempt(missing, plan({ own }, []), half)).toMatchObject({ type: 'try', planned: { target: 'b' } })
    expect(nextAttempt(missing, plan({ own: [planned('a', 1)] }, []), half)).toEqual({ type: 'give-up' })
  })

  test('none where nothing is left', () => {
    expect(nextAttempt(failed, plan({}), half)).toEqual({ type: 'give-up' })
  })

  test('a fallback where the route does not retry on that condition', () => {
    const own = [planned('b')]
    const fallbacks = [planned('c')]
    expect(nextAttempt(failed, plan({ own, fallbacks }, ['429']), half)).toMatchObject({ planned: { target: 'c' } })
  })

  test('none after a conflict, which no other target would mend, unless the route retries on it', () => {
    const conflict = end({ condition: '409' })
    const parts = () => ({ own: [planned('b')], fallbacks: [planned('c')] })
    expect(nextAttempt(conflict, plan(parts()), half)).toEqual({ type: 'give-up' })
    expect(nextAttempt(conflict, plan(parts(), ['409']), half)).toMatchObject({ planned: { target: 'b' } })
  })

  test('another target after a refused credential, whatever the route retries on', () => {
    const next = nextAttempt(end({ condition: 'auth' }), plan({ own: [planned('b')] }, []), half)
    expect(next).toMatchObject({ planned: { target: 'b' } })
  })

  test('the same target only with another credential', () => {
    const own = () => [planned('a', 1), planned('b', 1)]
    const refused = end({ condition: 'auth' })
    expect(nextAttempt(refused, plan({ own: own() }), half)).toMatchObject({ planned: { target: 'b' } })
    const other = end({ condition: 'auth', isOnlyCredential: false })
    expect(nextAttempt(other, plan({ own: own() }), half)).toMatchObject({ planned: { target: 'a' } })
  })

  test('not the same target while it asks for a wait that is the caller’s to make', () => {
    const own = () => [planned('a', 1)]
    const limited = (retryAfterMs: number) => end({ condition: '429', retryAfterMs })
    expect(nextAttempt(limited(2_001), plan({ own: own() }), half)).toEqual({ type: 'give-up' })
    expect(nextAttempt(limited(2_000), plan({ own: own() }), half)).toMatchObject({ afterMs: 2_000 })
  })
})

describe('the pause before it', () => {
  const pause = (repeats: number, chance: () => number, retryAfterMs?: number) => {
    const next = nextAttempt(end({ retryAfterMs }), plan({ own: [planned('a', repeats)] }), chance)
    return next.type === 'try' ? next.afterMs : undefined
  }

  test('grows with each attempt at a target, up to a second', () => {
    expect([1, 2, 3, 4, 9].map((repeats) => pause(repeats, half))).toEqual([100, 200, 400, 500, 500])
  })

  test('is drawn from nothing on, so that requests that failed together do not come back together', () => {
    expect([pause(2, () => 0), pause(2, () => 0.999)]).toEqual([0, 0.999 * 400])
  })

  test('is never shorter than the upstream asked for', () => {
    expect([pause(1, () => 0, 700), pause(4, () => 0.9, 700)]).toEqual([700, 900])
  })

  test('lasts half a second at least where the target is overloaded, and twice as long each time', () => {
    const pauses = (chance: number, retryAfterMs?: number) =>
      [1, 2, 3, 4, 9].map((repeats) => {
        const overloaded = end({ passes: true, retryAfterMs })
        const next = nextAttempt(overloaded, plan({ own: [planned('a', repeats)] }), () => chance)
        return next.type === 'try' ? next.afterMs : undefined
      })
    expect(pauses(0)).toEqual([500, 1_000, 2_000, 4_000, 4_000])
    expect(pauses(0.5)).toEqual([625, 1_250, 2_500, 5_000, 5_000])
    expect(pauses(0, 1_200)).toEqual([1_200, 2_400, 4_000, 4_000, 4_000])
  })
})
