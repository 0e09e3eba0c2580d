// The port of the lease store: one register per name with compare-and-set on its last write. JetStream implements it in
// a cluster, memory in tests; both pass `lease-store-contract.ts`.
import type { Result } from '../../shared/result.ts'

export interface LeaseValue {
  /** The holder; '' after the lease was released. */
  readonly owner: string
  /** A fencing number that grows with each change of owner: a receiver that has seen an epoch ignores messages under
   *  lower ones. */
  readonly epoch: number
  /** A number that grows with each write of one owner, so that the owner can tell which of its writes it reads. */
  readonly beat: number
}

export interface LeaseRecord extends LeaseValue {
  /** The number of this write among all writes to all leases. */
  readonly sequence: number
}

export interface LeaseStore {
  /** Returns undefined when nobody ever held the lease. The record may be older than the newest write, never newer. */
  read(name: string): Promise<Result<LeaseRecord | undefined, LeaseTrouble>>
  /** Returns the new sequence, or changes nothing: `refused` when the last write is not the expected one (0: there was
   *  none). */
  write(name: string, value: LeaseValue, expected: number): Promise<Result<number, LeaseRefusal | LeaseTrouble>>
}

export type LeaseRefusal = { type: 'refused' }

/** `unavailable`: nothing was written. `no-answer`: it may have been written, or may still be. */
export type LeaseTrouble = { type: 'unavailable' | 'no-answer'; message: string }
