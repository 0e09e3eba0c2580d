// Finds, stores and deletes the responses of callers.
import { answerPrefix, type StateStore } from '../../../cluster/state/state-store.ts'
import { bounds } from '../../../shared/bounds.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import {
  encodeStored,
  keysOf,
  openStored,
  type ProviderResponse,
  type StoredResponse,
  type StoredTurn,
} from './stored-response.ts'

/** The state store cannot be reached, so it is unknown whether the response exists. */
export type StoreAway = { readonly type: 'state-away' }

/** A response and its size. */
export interface Found {
  readonly stored: StoredTurn | ProviderResponse
  readonly bytes: number
}

/** Number of parallel reads, so that one long chain does not fill the queue of the store. */
const readsAtOnce = 32
/** Longer ids are not ids of responses. */
const idCharactersMax = 256

export class ResponseStore {
  readonly #store: StateStore

  constructor(store: StateStore) {
    this.#store = store
  }

  async find(owner: string, id: string): Promise<Result<Found | undefined, StoreAway>> {
    if (!isId(id)) return done(undefined)
    for (const key of keysOf(owner, id)) {
      const found = await this.#store.get(key)
      if (!found.ok) return fail({ type: 'state-away' })
      if (found.value === undefined) continue
      const stored = openStored(found.value)
      return done(stored === undefined ? undefined : { stored, bytes: found.value.length })
    }
    return done(undefined)
  }

  /** The responses before a response, oldest first. Undefined stands for a response that no longer exists. */
  async before(
    owner: string,
    { chain }: Pick<StoredTurn, 'chain'>,
  ): Promise<Result<(StoredTurn | undefined)[], StoreAway>> {
    const found: (StoredTurn | undefined)[] = []
    for (let from = 0; from < chain.length; from += readsAtOnce) {
      const reads = chain.slice(from, from + readsAtOnce).map((id) => this.find(owner, id))
      for (const read of await Promise.all(reads)) {
        if (!read.ok) return read
        const stored = read.value?.stored
        found.push(stored?.type === 'kept' ? stored : undefined)
      }
    }
    return done(found)
  }

  /** Stores a response. Returns false where it could not be stored. */
  keep(owner: string, id: string, stored: StoredResponse): Promise<boolean> {
    return this.keepEncoded(owner, id, encodeStored(stored))
  }

  async keepEncoded(owner: string, id: string, bytes: Uint8Array): Promise<boolean> {
    if (bytes.length > bounds.stateEntryBytesMax || !isId(id)) return false
    return (await this.#store.put({ owner, id }, bytes)).ok
  }

  async forget(owner: string, id: string): Promise<Result<boolean, StoreAway>> {
    if (!isId(id)) return done(false)
    for (const key of keysOf(owner, id)) {
      const deleted = await this.#store.delete(key)
      if (!deleted.ok) return fail({ type: 'state-away' })
      if (deleted.value) return deleted
    }
    return done(false)
  }
}

/** Whether a response can have the id, which a caller or a provider has named. */
function isId(id: string): boolean {
  return id.length <= idCharactersMax && !id.startsWith(answerPrefix)
}
