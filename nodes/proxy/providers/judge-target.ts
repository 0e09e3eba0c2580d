// What the end of an attempt says about the health of its target and its credential.
import type { Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import { backOff, type Credential, recovered } from './credential.ts'
import type { Target, TargetHealth } from './endpoint.ts'

export interface JudgedAttempt {
  readonly planned: { readonly target: Target }
  readonly credential: Credential
  /** The HTTP status of the answer; 0 when no answer came. */
  readonly status: number
}

/** `owner` is the id of the caller's owner. `healthy` is undefined when the caller left, which says nothing about the target. */
export function judgeTarget(
  { planned, credential, status }: JudgedAttempt,
  { owner, healthy }: { readonly owner: string; readonly healthy: boolean | undefined },
): void {
  const { health } = planned.target
  if (healthy === true && status >= 200 && status <= 299) noteAnswer(health, owner)
  if (healthy === false) health.failuresInRow++
  if (healthy !== true) return
  health.failuresInRow = 0
  recovered(credential.health)
}

const ownersKept = 16

/** Whom a model has answered may be told its name when he misspells it. */
function noteAnswer(health: TargetHealth, owner: string): void {
  health.answeredTo ??= []
  const { answeredTo } = health
  if (answeredTo.length < ownersKept && !answeredTo.includes(owner)) answeredTo.push(owner)
}

/** Leaves a credential alone for a while that the upstream refused. `said` are its words. */
export function credentialRefused(
  { planned, credential, status }: JudgedAttempt,
  { clock, notify }: { readonly clock: Clock; readonly notify: Notify },
  said: string | undefined,
): void {
  backOff(credential.health, clock.monotonicMs())
  credential.renew?.()
  // Without a status the credential was never shown: whoever issues it has told why.
  if (status === 0) return
  notify({
    type: 'upstream-auth-refused',
    provider: planned.target.provider,
    credential: credential.name,
    status,
    said,
  })
}
