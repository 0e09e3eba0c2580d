import type { LogRefusal } from '../log/config-log.ts'
import type { FoldStop } from '../log/fold-stored.ts'
import { refusalReason, stopReason } from './boot.ts'

/** Why nothing may be appended after the state of a follower. */
export type FollowRefusal = LogRefusal | FoldStop

/** Whether waiting can end the refusal. Damage and unknown events do not heal by waiting. */
export function isPassing(refusal: FollowRefusal): boolean {
  return refusal.type === 'unavailable' || refusal.type === 'full'
}

export function reasonOf(refusal: FollowRefusal): string {
  return refusal.type === 'stopped' ? stopReason(refusal) : refusalReason(refusal)
}
