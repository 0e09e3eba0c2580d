// When a data key may seal, and when it may go. A key is made before the event that needs it, so there is a time in which
// no state holds its owner and an event that does may be on its way: in another control node, in a connection that broke,
// in a commit of which nobody knows whether it stands. The log ends that time. An event decided at revision N becomes
// revision N + 1 or nothing, so a key remembers the revision that it was made for; once the log has come that far without
// its owner, no event that is sealed with it can come any more.
import type { DataKey, KeyUse } from './key-store.ts'

/** Whether an event may be sealed with this key: nobody who looks at the log could have taken it for left over. */
export function maySeal({ madeFor }: Pick<DataKey, 'madeFor'>, { revision, isOwned }: KeyUse): boolean {
  return isOwned || madeFor > revision
}

/** `revision`: of any state, however old, that does not hold the owner. */
export function mayForget({ madeFor }: Pick<DataKey, 'madeFor'>, revision: number): boolean {
  return madeFor <= revision
}

/** The revision of an event that is decided now. */
export function revisionOf({ revision }: KeyUse): number {
  return revision + 1
}
