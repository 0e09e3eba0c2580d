// All leases as one message, each with the number of its last write.
import type { LeaseRecord, LeaseValue } from './lease-store.ts'

export class LeaseTable {
  readonly #records: Map<string, LeaseRecord>
  /** The number of writes so far. */
  #writes: number

  constructor(writes = 0, records: Iterable<[string, LeaseRecord]> = []) {
    this.#writes = writes
    this.#records = new Map(records)
  }

  find(name: string): LeaseRecord | undefined {
    return this.#records.get(name)
  }

  /** Returns the number of the write; undefined when the last write of this lease is not the expected one. */
  write(name: string, value: LeaseValue, expected: number): number | undefined {
    if ((this.#records.get(name)?.sequence ?? 0) !== expected) return undefined
    this.#writes++
    this.#records.set(name, { ...value, sequence: this.#writes })
    return this.#writes
  }

  encode(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify({ writes: this.#writes, leases: Object.fromEntries(this.#records) }))
  }

  /** Decodes a table. Other bytes count as an empty table: holders find their lease gone, and it is acquired anew. */
  static decode(bytes: Uint8Array): LeaseTable {
    try {
      const { writes, leases } = JSON.parse(new TextDecoder().decode(bytes)) as { writes: unknown; leases: object }
      const records = Object.entries(leases).filter((entry): entry is [string, LeaseRecord] => isRecord(entry[1]))
      return new LeaseTable(Number.isSafeInteger(writes) ? (writes as number) : 0, records)
    } catch {
      return new LeaseTable()
    }
  }
}

function isRecord(value: unknown): value is LeaseRecord {
  if (typeof value !== 'object' || value === null) return false
  const { owner, epoch, beat, sequence } = value as Partial<LeaseRecord>
  return typeof owner === 'string' && [epoch, beat, sequence].every((number) => Number.isSafeInteger(number))
}
