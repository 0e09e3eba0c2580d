// Data keys in memory, for tests.
import { randomBytes } from 'node:crypto'
import type { Trouble } from '../../shared/readiness.ts'
import { done, type Result } from '../../shared/result.ts'
import { mayForget, maySeal, revisionOf } from './key-life.ts'
import type { DataKey, KeyStore, KeyUse, Wrapping } from './key-store.ts'

export class MemoryKeyStore implements KeyStore {
  readonly #keys: Map<string, DataKey>

  /** `keys` outlives the store, as a file would. */
  constructor(keys = new Map<string, DataKey>()) {
    this.#keys = keys
  }

  find(owner: string): Result<DataKey | undefined, never> {
    return done(this.#keys.get(owner))
  }

  async ensure(owner: string, use: KeyUse): Promise<Result<DataKey, never>> {
    const known = this.#keys.get(owner)
    if (known !== undefined && maySeal(known, use)) return done(known)
    const made = { bytes: randomBytes(32), madeFor: revisionOf(use) }
    this.#keys.set(owner, made)
    return done(made)
  }

  owners(): Result<string[], never> {
    return done([...this.#keys.keys()])
  }

  async forget(owner: string, revision: number): Promise<Result<boolean, never>> {
    const known = this.#keys.get(owner)
    return done(known !== undefined && mayForget(known, revision) && this.#keys.delete(owner))
  }

  async keep(owner: string, key: DataKey): Promise<Result<undefined, never>> {
    this.#keys.set(owner, key)
    return done(undefined)
  }

  async rewrap(): Promise<Result<number, never>> {
    return done(0)
  }

  async wrapping(): Promise<Result<Wrapping, never>> {
    return done({ total: this.#keys.size, left: 0 })
  }

  reload(): boolean {
    return true
  }

  troubles(): Trouble[] {
    return []
  }
}
