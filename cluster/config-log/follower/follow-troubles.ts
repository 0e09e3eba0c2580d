// Troubles of a follower, as operators see them.
import type { Trouble } from '../../../shared/readiness.ts'
import type { FollowerStatus } from './follower-status.ts'

export function followTroubles({ degraded, damaged }: FollowerStatus): Trouble[] {
  if (damaged !== undefined) return [{ level: 'unready', reason: damaged }]
  return degraded === undefined ? [] : [{ level: 'degraded', reason: degraded }]
}
