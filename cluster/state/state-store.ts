// State that requests leave behind for later ones: values of bytes under the id of one entry, for one owner. What was stored
// is found by every proxy from the moment that `put` has resolved, until it is deleted or its time is over.
import { hash } from 'node:crypto'
import { bounds } from '../../shared/bounds.ts'
import type { Result } from '../../shared/result.ts'

export interface StateStore {
  /** Undefined: there is no such entry of this owner, or no longer. */
  get(key: StateKey): Promise<Result<Uint8Array | undefined, StateTrouble>>
  /** Entries are written once: an id that is taken gives `taken` and changes nothing. */
  put(key: StateKey, value: Uint8Array): Promise<Result<undefined, StateTrouble | StateRefusal>>
  /** False: there was none. Once it has resolved, nobody finds it, and its bytes are erased. */
  delete(key: StateKey): Promise<Result<boolean, StateTrouble>>
  close(): Promise<void>
}

export interface StateKey {
  readonly owner: string
  readonly id: string
}

/** Nothing is known of the entry; after a `put` or a `delete` it may or may not have happened. */
export type StateTrouble = { readonly type: 'unavailable'; readonly message: string }

export type StateRefusal =
  | { readonly type: 'taken' }
  | { readonly type: 'too-large'; readonly bytes: number; readonly bytesMax: number }
  /** There is no room for it until others have expired. */
  | { readonly type: 'full' }

/** What an entry is called where it lies: 43 characters of base64url, which tell neither owner nor id. */
export function nameOf({ owner, id }: StateKey): string {
  return hash('sha256', JSON.stringify([owner, id]), 'base64url')
}

export const stateAgeMsMax = bounds.stateDays * 86_400_000

export function tooLarge({ length }: Uint8Array): StateRefusal {
  return { type: 'too-large', bytes: length, bytesMax: bounds.stateEntryBytesMax }
}
