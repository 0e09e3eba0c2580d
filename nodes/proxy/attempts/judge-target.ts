// What the end of an attempt says about the health of its target and its credential.
import { recovered } from '../providers/credential.ts'
import type { RunningAttempt } from './running-attempt.ts'

/** `healthy` is undefined when the caller left, which says nothing about the target. */
export function judgeTarget(
  { planned, credential, status }: Pick<RunningAttempt, 'planned' | 'credential' | 'status'>,
  healthy: boolean | undefined,
): void {
  const { health } = planned.target
  if (healthy === true && status >= 200 && status <= 299) health.hasAnswered = true
  if (healthy === false) health.failuresInRow++
  if (healthy !== true) return
  health.failuresInRow = 0
  recovered(credential.health)
}
