// The key of the log's MACs. It is one key, or a current one and others that older events still carry. A key that has been
// replaced is accepted up to a revision only: whoever holds it can forge nothing that comes later, and what came before is
// fixed by the hashes in the events after it.

export type LogKey = Uint8Array | RotatedLogKey

export interface RotatedLogKey {
  /** Makes new MACs. */
  readonly current: Uint8Array
  /** Returns the other keys under which the MAC of this revision may be. */
  accepted(revision: number): Iterable<Uint8Array>
}

export function currentKey(key: LogKey): Uint8Array {
  return key instanceof Uint8Array ? key : key.current
}

/** Returns the keys to try for a MAC of this revision, the current one first. */
export function* keysAt(key: LogKey, revision: number): Generator<Uint8Array, void> {
  yield currentKey(key)
  if (!(key instanceof Uint8Array)) yield* key.accepted(revision)
}

export function someKeyAt(key: LogKey, revision: number, verifies: (one: Uint8Array) => boolean): boolean {
  // Nearly every MAC is under the current key.
  if (verifies(currentKey(key))) return true
  if (key instanceof Uint8Array) return false
  for (const one of key.accepted(revision)) if (verifies(one)) return true
  return false
}
