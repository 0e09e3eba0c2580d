// What a follower's status means to an operator.
import type { Trouble } from '../../../shared/readiness.ts'
import type { FollowerStatus } from './follower-status.ts'

export function followTroubles({ degraded, damaged }: FollowerStatus): Trouble[] {
  if (damaged !== undefined) return [{ level: 'unready', reason: damaged }]
  return degraded === undefined ? [] : [{ level: 'degraded', reason: degraded }]
}
