// The stored responses of callers: found, put together with those before them, kept, forgotten.
import type { StateStore } from '../../../cluster/state/state-store.ts'
import { bounds } from '../../../shared/bounds.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { decodeStored, encodeStored, formerOwner, type LocalResponse, type StoredResponse } from './stored-response.ts'

/** What is asked for may be there or not: nobody knows now. */
export type StoreAway = { readonly type: 'state-away' }

/** A response and how many bytes it takes. */
export interface Found<Stored = StoredResponse> {
  readonly stored: Stored
  readonly bytes: number
}

/** At a time, so that one long chain does not take every place in the queue. */
const readsAtOnce = 32
/** What a caller may call a response; anything longer was never one. */
const idCharactersMax = 256

export class ResponseStore {
  readonly #store: StateStore

  constructor(store: StateStore) {
    this.#store = store
  }

  async find(owner: string, id: string): Promise<Result<Found | undefined, StoreAway>> {
    if (id.length > idCharactersMax) return done(undefined)
    const found = (await this.#read(owner, id)) ?? (await this.#readFormer(owner, id))
    if (found === undefined) return done(undefined)
    if (!found.ok) return found
    const stored = decodeStored(found.value)
    return done(stored === undefined ? undefined : { stored, bytes: found.value.length })
  }

  /** The responses before `kept`, oldest first; undefined for those that are gone. */
  async before(owner: string, { chain }: LocalResponse): Promise<Result<(LocalResponse | undefined)[], StoreAway>> {
    const found: (LocalResponse | undefined)[] = []
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

  /** Undefined: there is none. */
  async #read(owner: string, id: string): Promise<Result<Uint8Array, StoreAway> | undefined> {
    const found = await this.#store.get({ owner, id })
    if (!found.ok) return fail({ type: 'state-away' })
    return found.value === undefined ? undefined : done(found.value)
  }

  async #readFormer(owner: string, id: string): Promise<Result<Uint8Array, StoreAway> | undefined> {
    const former = formerOwner(owner)
    return former === undefined ? undefined : this.#read(former, id)
  }

  /** False: it is not stored, for whatever reason. */
  async keep(owner: string, id: string, stored: StoredResponse): Promise<boolean> {
    const bytes = encodeStored(stored)
    if (bytes.length > bounds.stateEntryBytesMax) return false
    return (await this.#store.put({ owner, id }, bytes)).ok
  }

  async forget(owner: string, id: string): Promise<Result<boolean, StoreAway>> {
    const deleted = await this.#store.delete({ owner, id })
    if (!deleted.ok) return fail({ type: 'state-away' })
    const former = formerOwner(owner)
    if (deleted.value || former === undefined) return deleted
    const earlier = await this.#store.delete({ owner: former, id })
    return earlier.ok ? earlier : fail({ type: 'state-away' })
  }
}
