// The register in memory, for tests. Several candidates share one store.
import { done, fail, type Result } from '../../shared/result.ts'
import type { LeaseRecord, LeaseRefusal, LeaseStore, LeaseTrouble, LeaseValue } from './lease-store.ts'

export class MemoryLeaseStore implements LeaseStore {
  readonly #records = new Map<string, LeaseRecord>()
  #sequence = 0
  isAway = false

  async read(name: string): Promise<Result<LeaseRecord | undefined, LeaseTrouble>> {
    return this.isAway ? fail(away) : done(this.#records.get(name))
  }

  async write(name: string, value: LeaseValue, expected: number): Promise<Result<number, LeaseRefusal | LeaseTrouble>> {
    if (this.isAway) return fail(away)
    if ((this.#records.get(name)?.sequence ?? 0) !== expected) return fail({ type: 'refused' })
    this.#records.set(name, { ...value, sequence: ++this.#sequence })
    return done(this.#sequence)
  }
}

const away: LeaseTrouble = { type: 'unavailable', message: 'away' }
