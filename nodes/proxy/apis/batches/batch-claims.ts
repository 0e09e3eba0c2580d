// Which proxy books a batch: the first that claims it. A claim is written once, and all proxies find it.
import type { StateStore } from '../../../../cluster/state/state-store.ts'

export interface Claim {
  readonly node: string
  /** The time under which the claiming proxy books the batch. */
  readonly bookedAtMs: number
}

export interface ClaimedBatch {
  readonly owner: string
  readonly settlementId: string
}

export class BatchClaims {
  readonly #store: StateStore

  constructor(store: StateStore) {
    this.#store = store
  }

  /** The claim that is there; undefined where there is none, `away` while nobody knows. */
  async read({ owner, settlementId }: ClaimedBatch): Promise<Claim | undefined | 'away'> {
    const found = await this.#store.get({ owner, id: settlementId })
    if (!found.ok) return 'away'
    return found.value === undefined ? undefined : (JSON.parse(Buffer.from(found.value).toString()) as Claim)
  }

  /** Claims a batch. Returns the claim that stands: this one, or one that was there before. */
  async make(batch: ClaimedBatch, claim: Claim): Promise<Claim | 'away'> {
    const key = { owner: batch.owner, id: batch.settlementId }
    const put = await this.#store.put(key, Buffer.from(JSON.stringify(claim)))
    if (put.ok) return claim
    if (put.error.type !== 'taken') return 'away'
    return (await this.read(batch)) ?? 'away'
  }
}
