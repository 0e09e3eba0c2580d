// The data keys of owners. An owner (`provider:openai`, `key:…`) has one key of 32 bytes; without it what was sealed for
// that owner is noise, also in backups of the log: forgetting an owner is deleting its key. Reading needs nothing but this
// node; what changes a key is done for every node, and takes its time. `key-store-contract.ts` is the suite that every
// adapter passes.
import type { Result } from '../../shared/result.ts'

export interface KeyStore {
  /** Undefined: this owner has no key here, or no longer. */
  find(owner: string): Result<DataKey | undefined, KeyStoreRefusal>
  /** The owner's key, made or made anew where there is none that `use` may seal with (`key-life.ts`). When it resolves, the
   *  key is durable and can be had by every node: the event that is sealed with it may be written. */
  ensure(owner: string, use: KeyUse): Promise<Result<DataKey, KeyStoreRefusal>>
  /** Who has a key here. */
  owners(): Result<string[], KeyStoreRefusal>
  /** For an owner that the state at `revision` does not hold. False: there was no key, or it may still be needed. */
  forget(owner: string, revision: number): Promise<Result<boolean, KeyStoreRefusal>>
  /** Looks again at what others may have written; answers whether there may be something. */
  reload(): boolean
}

export interface DataKey {
  readonly bytes: Uint8Array
  /** The revision of the event that it was made for. */
  readonly madeFor: number
}

/** An event that is being decided, and wants to seal something. */
export interface KeyUse {
  /** Of the state that it is decided on. */
  readonly revision: number
  /** Whether that state holds the owner. */
  readonly isOwned: boolean
}

export type KeyStoreRefusal =
  | { type: 'keys-unavailable'; message: string }
  /** The stored keys do not open: a broken file, or another master key. */
  | { type: 'keys-damaged'; message: string }
