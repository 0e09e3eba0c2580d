// The data keys of owners. An owner (`provider/openai`, `key/…`) has one key of 32 bytes; without it what was sealed for
// that owner is noise, also in backups of the log: forgetting an owner is deleting its key. `key-store-contract.ts` is the
// suite that every adapter passes.
import type { Result } from '../../shared/result.ts'

export interface KeyStore {
  /** Undefined: this owner has no key, or no longer. */
  find(owner: string): Result<Uint8Array | undefined, KeyStoreRefusal>
  /** The owner's key, made when there is none. Durable when it returns: an event may be sealed with it. */
  ensure(owner: string): Result<Uint8Array, KeyStoreRefusal>
  /** Who has a key. */
  owners(): Result<string[], KeyStoreRefusal>
  /** Answers whether there was a key. */
  forget(owner: string): Result<boolean, KeyStoreRefusal>
  /** Looks again at what others may have written. */
  reload(): void
}

export type KeyStoreRefusal =
  | { type: 'keys-unavailable'; message: string }
  /** The stored keys do not open: a broken file, or another master key. */
  | { type: 'keys-damaged'; message: string }
