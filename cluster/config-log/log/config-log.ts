// The port of the configuration log: an append-only sequence of events, the single source of truth for the
// configuration. `config-log-contract.ts` is the suite that every adapter passes (memory, SQLite, and the replicated
// log of a cluster). The log stores bytes: it never looks inside an event.
import type { Result } from '../../../shared/result.ts'

export interface ConfigLog {
  /** Returns the newest stored event; revision 0 and `genesisHash` when there is none. */
  head(): Promise<Result<LogHead, LogRefusal>>
  /** Stores `event` durably as revision `afterRevision + 1`, or changes nothing. A repeated `commandId` answers with
   *  the revision it already has, even when `afterRevision` is stale by then. */
  append(
    event: SealedEvent,
    afterRevision: number,
  ): Promise<Result<{ revision: number; duplicate: boolean }, AppendRefusal>>
  /** Returns events after `afterRevision`, oldest first, at most `limit`. */
  read(afterRevision: number, limit: number): Promise<Result<StoredEvent[], LogRefusal>>
  /** Returns the event that was stored under this command id, if any: this is how an unknown outcome becomes known. */
  find(commandId: string): Promise<Result<StoredEvent | undefined, LogRefusal>>
  /** Calls `wake` after appends by any process, as a hint: it may be late, early, or repeated. */
  watch(wake: () => void): { stop(): void }
  close(): Promise<void>
}

export interface LogHead {
  readonly revision: number
  /** The SHA-256 of the newest event's bytes, in hex. */
  readonly hash: string
}

/** An event as it is appended: canonical bytes that contain `prevHash`, their hash, and a MAC. */
export interface SealedEvent {
  readonly commandId: string
  readonly bytes: Uint8Array
  /** The SHA-256 of `bytes`, in hex. */
  readonly hash: string
  /** The HMAC-SHA-256 of `bytes` in hex, under a key derived from the master key. */
  readonly mac: string
}

export interface StoredEvent extends SealedEvent {
  readonly revision: number
}

export type LogRefusal =
  | { type: 'unavailable'; message: string }
  | { type: 'full'; message: string }
  | { type: 'damaged'; revision: number; message: string }
  /** The log is shorter than what was once acknowledged. */
  | { type: 'rewound'; revision: number; highWater: number }

export type AppendRefusal =
  | LogRefusal
  | { type: 'conflict'; head: LogHead }
  | { type: 'too-large'; bytes: number; maxBytes: number }
  /** The event may or may not have been stored: ask again under the same command id. */
  | { type: 'outcome-unknown'; commandId: string }

export const genesisHash = '0'.repeat(64)
