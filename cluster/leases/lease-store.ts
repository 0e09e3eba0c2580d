// Where leases stand written: one register per name that changes only from what one has seen to something new. JetStream in
// a cluster, memory in the simulation and in tests; one contract suite (`lease-store-contract.ts`).
import type { Result } from '../../shared/result.ts'

export interface LeaseValue {
  /** '' when it was given back. */
  readonly owner: string
  /** Grows with each change of owner: whoever is told something by an owner ignores lower ones. */
  readonly epoch: number
  /** Grows with each write of one owner, so that it knows which of its writes it is looking at. */
  readonly beat: number
}

export interface LeaseRecord extends LeaseValue {
  /** Of this very write, among all writes to all leases. */
  readonly sequence: number
}

export interface LeaseStore {
  /** Undefined when nobody ever held it. It may be older than the newest, never newer than written. */
  read(name: string): Promise<Result<LeaseRecord | undefined, LeaseTrouble>>
  /** Answers with the new sequence, or changes nothing: `refused` when the last write is not the expected one (0: none). */
  write(name: string, value: LeaseValue, expected: number): Promise<Result<number, LeaseRefusal | LeaseTrouble>>
}

export type LeaseRefusal = { type: 'refused' }

/** After `unavailable` nothing was written; after `no-answer` it may have been, and may still be. */
export type LeaseTrouble = { type: 'unavailable' | 'no-answer'; message: string }
