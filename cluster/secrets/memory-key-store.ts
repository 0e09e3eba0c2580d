// Data keys in memory: the twin for tests and simulations.
import { randomBytes } from 'node:crypto'
import { done, type Result } from '../../shared/result.ts'
import type { KeyStore } from './key-store.ts'

export class MemoryKeyStore implements KeyStore {
  readonly #keys: Map<string, Uint8Array>

  /** `keys` outlives the store, as a file would. */
  constructor(keys = new Map<string, Uint8Array>()) {
    this.#keys = keys
  }

  find(owner: string): Result<Uint8Array | undefined, never> {
    return done(this.#keys.get(owner))
  }

  ensure(owner: string): Result<Uint8Array, never> {
    const key = this.#keys.get(owner) ?? randomBytes(32)
    this.#keys.set(owner, key)
    return done(key)
  }

  owners(): Result<string[], never> {
    return done([...this.#keys.keys()])
  }

  forget(owner: string): Result<boolean, never> {
    return done(this.#keys.delete(owner))
  }

  reload(): void {}
}
