// The port of the state that requests leave for later requests: byte values, each under the id of an entry and an
// owner. From the moment that `put` has resolved, every proxy finds the value until it is deleted or expires.
import { hash } from 'node:crypto'
import { bounds } from '../../shared/bounds.ts'
import type { Result } from '../../shared/result.ts'

export interface StateStore {
  /** Returns undefined when this owner has no such entry, or no longer has it. */
  get(key: StateKey): Promise<Result<Uint8Array | undefined, StateTrouble>>
  /** Stores an entry. Entries are written once: an id that is taken gives `taken` and changes nothing. */
  put(key: StateKey, value: Uint8Array): Promise<Result<undefined, StateTrouble | StateRefusal>>
  /** Erases an entry. False: there was none. Once the call has resolved, no read finds the entry, and its bytes are
   *  erased. */
  delete(key: StateKey): Promise<Result<boolean, StateTrouble>>
  /** Erases all entries of an owner, and returns their number. Called again after a failure, it erases the rest. */
  forget(owner: string): Promise<Result<number, StateTrouble>>
  close(): Promise<void>
}

export interface StateKey {
  /** The owner's id. An owner that was deleted and made again is another one. */
  readonly owner: string
  readonly id: string
  /** An entry of an earlier release, whose name does not tell that it is its owner's: `forget` leaves it, and it expires. */
  readonly former?: true
}

/** Ids of answers that are kept for idempotency keys begin with it. No response has such an id. */
export const answerPrefix = 'idempotency '

/** The store did not answer. After a `put` or a `delete` the change may or may not have happened. */
export type StateTrouble = {
  readonly type: 'unavailable'
  readonly message: string
  /** What was read was not sealed for its place: damaged, or written by a stranger. */
  readonly isForged?: boolean
}

export type StateRefusal =
  | { readonly type: 'taken' }
  | { readonly type: 'too-large'; readonly bytes: number; readonly bytesMax: number }
  /** There is no room for the entry until others have expired. */
  | { readonly type: 'full' }

/** Returns the name of an entry in a store: the name of its owner, a dot, and 43 characters of base64url. */
export function nameOf({ owner, id, former }: StateKey): string {
  const name = hash('sha256', JSON.stringify([owner, id]), 'base64url')
  return former === true ? name : `${ownerNameOf(owner)}.${name}`
}

/** Returns what the names of an owner's entries begin with, before the dot: 22 characters of base64url. */
export function ownerNameOf(owner: string): string {
  return hash('sha256', owner, 'base64url').slice(0, 22)
}

export const stateAgeMsMax = bounds.stateDays * 86_400_000

export function tooLarge({ length }: Uint8Array): StateRefusal {
  return { type: 'too-large', bytes: length, bytesMax: bounds.stateEntryBytesMax }
}
