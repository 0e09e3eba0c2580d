// Decides when a data key may seal and when it may be forgotten. A key is made before the event that needs it, so for a
// time no state holds its owner although an event that does may be on its way: in another control node, in a broken
// connection, in a commit with unknown outcome. The log ends that time. An event decided at revision N becomes revision
// N + 1 or nothing, so a key remembers the revision that it was made for; once the log has reached that revision
// without the owner, no event sealed with the key can follow.
import type { DataKey, KeyUse } from './key-store.ts'

/** Whether an event may be sealed with this key. True only while no node that reads the log could take the key for left
 *  over. */
export function maySeal({ madeFor }: Pick<DataKey, 'madeFor'>, { revision, isOwned }: KeyUse): boolean {
  return isOwned || madeFor > revision
}

/** `revision` is the one of any state, however old, that does not hold the owner. */
export function mayForget({ madeFor }: Pick<DataKey, 'madeFor'>, revision: number): boolean {
  return madeFor <= revision
}

/** Returns the revision of an event that is decided now. */
export function revisionOf({ revision }: KeyUse): number {
  return revision + 1
}
