// What follows a failed attempt: another one, at once or after a pause, or none. It decides by values alone, so that it is
// tested without a socket.
import type { RetryCondition } from '../../../shared/config/kinds/models/spec.ts'
import type { PlannedAttempt } from './attempt-plan.ts'

/** A wait longer than this is the caller's to make. */
export const retryWaitMsMax = 1_000
const backoffMsMin = 100

/** How an attempt at a target failed. */
export interface AttemptEnd<Target> {
  readonly target: Target
  /** `auth` always moves on; undefined is never retried. */
  readonly condition: RetryCondition | 'auth' | undefined
  /** As the upstream asked; undefined when it did not. */
  readonly retryAfterMs: number | undefined
  /** The target has no other credential to show. */
  readonly isOnlyCredential: boolean
}

/** The plan of one request, as far as the next attempt depends on it. */
export interface RetryPlan<Target> {
  /** Whether the current route retries on a condition. */
  retries(condition: RetryCondition): boolean
  /** The next attempt is on a fallback. */
  leaveRoute(): void
  /** The next attempt whose target can take the request. */
  next(): PlannedAttempt<Target> | undefined
}

export type Next<Target> =
  | { readonly type: 'try'; readonly planned: PlannedAttempt<Target>; readonly afterMs: number }
  | { readonly type: 'give-up' }

const giveUp = { type: 'give-up' } as const

/** `chance`: 0 ≤ chance < 1. */
export function nextAttempt<Target>(
  end: AttemptEnd<Target>,
  plan: RetryPlan<Target>,
  chance: () => number,
): Next<Target> {
  const { condition } = end
  if (condition === undefined) return giveUp
  const isRetried = condition === 'auth' || plan.retries(condition)
  // A conflict is no fault of the target's, so no fallback would mend it.
  if (condition === '409' && !isRetried) return giveUp
  if (!isRetried) plan.leaveRoute()
  for (;;) {
    const planned = plan.next()
    if (planned === undefined) return giveUp
    if (!isHopeless(planned, end)) return { type: 'try', planned, afterMs: pauseMs(planned, end, chance) }
  }
}

/** The same target would refuse its only credential again, and limits us for as long as it said. */
function isHopeless<Target>(
  { target }: PlannedAttempt<Target>,
  { target: failed, condition, retryAfterMs = 0, isOnlyCredential }: AttemptEnd<Target>,
): boolean {
  if (target !== failed) return false
  return (condition === 'auth' && isOnlyCredential) || retryAfterMs > retryWaitMsMax
}

/** None before the first attempt at a target. Full jitter (Brooker, 2015), so that requests that failed together do not come
 *  back together. */
function pauseMs<Target>(
  { repeats }: PlannedAttempt<Target>,
  { retryAfterMs = 0 }: AttemptEnd<Target>,
  chance: () => number,
): number {
  if (repeats === 0) return 0
  return Math.max(retryAfterMs, chance() * Math.min(retryWaitMsMax, backoffMsMin * 2 ** repeats))
}
