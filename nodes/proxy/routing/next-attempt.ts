// Decides what follows a failed attempt: another attempt, at once or after a pause, or none. It depends on values alone, so it
// is tested without a socket.
import type { RetryCondition } from '../../../shared/config/kinds/models/spec.ts'
import type { PlannedAttempt } from './attempt-plan.ts'

/** The longest wait that is waited here; the caller is asked to wait where an upstream asks for more. */
const retryWaitMsMax = 2_000
const backoffMsMax = 1_000
const backoffMsMin = 100
/** The shortest pause after an overload or a limit of the rate. */
const passingMsMin = 500
const passingMsMax = 4_000

/** Why an attempt failed: a condition of `retries.on`, or one on which a request always goes on: `auth`, where a target refused the
 *  credential, and `target`, where it cannot answer whatever the credential is. */
export type AttemptCondition = RetryCondition | 'auth' | 'target'

/** How an attempt at a target failed. */
export interface AttemptEnd<Target> {
  readonly target: Target
  /** Why the attempt failed; undefined is never retried. */
  readonly condition: AttemptCondition | undefined
  /** Whether the target is overloaded or limits the rate, and may answer after a while. */
  readonly passes: boolean
  /** The upstream's Retry-After, where it sent one. */
  readonly retryAfterMs: number | undefined
  /** Whether the target has no other credential. */
  readonly isOnlyCredential: boolean
}

/** The plan of one request, as far as the next attempt depends on it. */
export interface RetryPlan<Target> {
  /** Whether the current route retries on a condition. */
  retries(condition: RetryCondition): boolean
  /** Gives up on the current route, so that the next attempt is on a fallback. */
  leaveRoute(): void
  /** Returns the next attempt whose target can take the request. */
  next(): PlannedAttempt<Target> | undefined
  /** Whether the provider of an attempt may be sent it now. An attempt that may not is passed over. */
  mayTry(planned: PlannedAttempt<Target>): boolean
}

export type Next<Target> =
  | { readonly type: 'try'; readonly planned: PlannedAttempt<Target>; readonly afterMs: number }
  | { readonly type: 'give-up' }

const giveUp = { type: 'give-up' } as const

/** What follows a failed attempt. `chance` returns a number in [0, 1). */
export function nextAttempt<Target>(
  end: AttemptEnd<Target>,
  plan: RetryPlan<Target>,
  chance: () => number,
): Next<Target> {
  const { condition } = end
  if (condition === undefined) return giveUp
  const isRetried = condition === 'auth' || condition === 'target' || plan.retries(condition)
  // A conflict is not caused by the target, so another target would answer the same.
  if (condition === '409' && !isRetried) return giveUp
  if (!isRetried) plan.leaveRoute()
  return laterAttempt(end, plan, chance)
}

/** The next attempt behind a failed one, where another was decided on and its target turned out not to take it. */
export function laterAttempt<Target>(
  end: AttemptEnd<Target>,
  plan: Pick<RetryPlan<Target>, 'next' | 'mayTry'>,
  chance: () => number,
): Next<Target> {
  for (;;) {
    const planned = plan.next()
    if (planned === undefined) return giveUp
    if (!isHopeless(planned, end) && plan.mayTry(planned))
      return { type: 'try', planned, afterMs: pauseMs(planned, end, chance) }
  }
}

/** Whether the attempt would fail again: the same target cannot answer, rejects its only credential, or limits the rate for as long
 *  as it said. */
function isHopeless<Target>(
  { target }: PlannedAttempt<Target>,
  { target: failed, condition, retryAfterMs = 0, isOnlyCredential }: AttemptEnd<Target>,
): boolean {
  if (target !== failed) return false
  return condition === 'target' || (condition === 'auth' && isOnlyCredential) || retryAfterMs > retryWaitMsMax
}

/** The pause before an attempt; none before the first one at a target. Jitter (Brooker, 2015) keeps requests that failed together
 *  from being retried together. At a target that is overloaded the pause is at least what the upstream asked for, or half a
 *  second, and doubles with each attempt. */
function pauseMs<Target>(
  { repeats }: PlannedAttempt<Target>,
  { passes, retryAfterMs = 0 }: AttemptEnd<Target>,
  chance: () => number,
): number {
  if (repeats === 0) return 0
  if (!passes) return Math.max(retryAfterMs, chance() * Math.min(backoffMsMax, backoffMsMin * 2 ** repeats))
  const leastMs = Math.max(retryAfterMs, passingMsMin) * 2 ** (repeats - 1)
  return Math.max(retryAfterMs, Math.min(leastMs, passingMsMax)) * (1 + chance() / 2)
}
