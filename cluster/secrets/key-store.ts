// The port of the data keys. An owner (`provider:openai`, `key:…`) has one key of 32 bytes. Without it, all that was
// sealed for the owner is noise, also in backups of the log: forgetting an owner means deleting its key. Reads need
// only this node; changes are made for every node and take time. `key-store-contract.ts` is the suite that every
// adapter passes.
import type { Trouble } from '../../shared/readiness.ts'
import type { Result } from '../../shared/result.ts'

export interface KeyStore {
  /** Returns the key; undefined when this owner has no key here, or no longer has one. */
  find(owner: string): Result<DataKey | undefined, KeyStoreRefusal>
  /** Returns the owner's key. A new key is made when there is none that `use` may seal with (`key-life.ts`). When the
   *  call resolves, the key is durable and available to every node: the event that is sealed with it may be written. */
  ensure(owner: string, use: KeyUse): Promise<Result<DataKey, KeyStoreRefusal>>
  /** Returns the owners that have a key here. */
  owners(): Result<string[], KeyStoreRefusal>
  /** Deletes the key of an owner that the state at `revision` does not hold. False: there was no key, or it may still
   *  be needed. */
  forget(owner: string, revision: number): Promise<Result<boolean, KeyStoreRefusal>>
  /** Stores a key that was made elsewhere, in the place of the owner's key. */
  keep(owner: string, key: DataKey): Promise<Result<undefined, KeyStoreRefusal>>
  /** Wraps every key under the current master key. It may be called again after a failure: each key is changed alone, and
   *  what is done is not done again. Returns the number of keys that were changed. */
  rewrap(): Promise<Result<number, KeyStoreRefusal>>
  /** Returns under which master key the keys are. */
  wrapping(): Promise<Result<Wrapping, KeyStoreRefusal>>
  /** Drops cached keys, because others may have written. Returns whether there may be changes. */
  reload(): boolean
  /** Keys that are damaged, by owner. */
  troubles(): Trouble[]
}

export interface Wrapping {
  readonly total: number
  /** The number of keys that a previous master key is still needed for. */
  readonly left: number
}

export interface DataKey {
  readonly bytes: Uint8Array
  /** The revision of the event that the key was made for. */
  readonly madeFor: number
}

/** The use of a key by an event that is being decided. */
export interface KeyUse {
  /** The revision of the state that the event is decided on. */
  readonly revision: number
  /** Whether that state holds the owner. */
  readonly isOwned: boolean
}

export type KeyStoreRefusal =
  | { type: 'keys-unavailable'; message: string }
  /** No stored key can be opened: the file is broken, or the master key is another one. */
  | { type: 'keys-damaged'; message: string }
  /** The key of this owner alone cannot be opened; a new one may be made in its place. */
  | { type: 'key-damaged'; owner: string; message: string }
