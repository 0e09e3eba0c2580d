// The keys that protect the data keys of a cluster, and the step from a previous master key to the current one.
import { decodeEntry, entryOf, isWrappedUnder, type KeyEntry, openKey } from './key-entry.ts'
import { type KeyList, keysFor, type MasterKeys } from './master-keys.ts'

/** `wrapKey` and `keyMacKey` of `deriveKeys`, of each master key. */
export interface SharedKeys {
  readonly wrapKeys: KeyList
  readonly macKeys: KeyList
}

export function sharedKeys(masterKeys: MasterKeys): SharedKeys {
  return { wrapKeys: keysFor('wrapKey', masterKeys), macKeys: keysFor('keyMacKey', masterKeys) }
}

/** The entry of an owner in the stream. */
export interface Placed {
  /** The owner's entry; undefined when there is none, or none that a node of this cluster wrote. */
  readonly entry: KeyEntry | undefined
  readonly sequence: number
  /** Whether the entry is signed under the current master key. */
  readonly isCurrent: boolean
}

export function placedAt(sequence: number, bytes: Uint8Array, { macKeys }: SharedKeys): Placed {
  const isCurrent = decodeEntry(bytes, [macKeys[0]]) !== undefined
  return { entry: decodeEntry(bytes, macKeys), sequence, isCurrent }
}

/** Returns what takes the place of an entry that a previous master key is still needed for; undefined when none is. The
 *  fact that an owner was forgotten is signed anew too, or else it would no longer be believed. */
export function rewrapped(
  newest: KeyEntry | undefined,
  placed: Placed,
  { wrapKeys }: SharedKeys,
): KeyEntry | undefined {
  const key = newest === undefined ? undefined : openKey(newest, wrapKeys)
  if (newest === undefined || key === undefined) return undefined
  const generation = newest.generation + 1
  if (key !== 'forgotten') {
    const isDone = isWrappedUnder(newest, wrapKeys[0]) && placed.isCurrent
    return isDone ? undefined : entryOf(newest.owner, generation, key, wrapKeys[0])
  }
  return placed.entry === undefined || placed.isCurrent ? undefined : { ...newest, generation }
}

/** The order in which entries are changed. Forgotten owners come first: when every key is done, so is everything. */
export function inRewrapOrder(entries: readonly KeyEntry[], { wrapKeys }: SharedKeys): KeyEntry[] {
  const left = entries.filter((entry) => !isWrappedUnder(entry, wrapKeys[0]))
  return [...entries.filter(({ wrapped }) => wrapped === undefined), ...left]
}
