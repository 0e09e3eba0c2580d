import type { LeaseStep } from './lease.ts'
import type { LeaseRecord } from './lease-store.ts'

export const wallMs = 1_700_000_000_000

/** The register of the store: a write succeeds only over the expected record. */
export class Register {
  record: LeaseRecord | undefined
  readonly past: (LeaseRecord | undefined)[]
  #sequence = 1

  constructor(record: LeaseRecord | undefined) {
    this.record = record
    this.past = [record]
  }

  apply({ value, expected }: LeaseStep & { type: 'write' }): number | undefined {
    if ((this.record?.sequence ?? 0) !== expected) return undefined
    this.record = { ...value, sequence: ++this.#sequence }
    this.past.push(this.record)
    return this.#sequence
  }
}
