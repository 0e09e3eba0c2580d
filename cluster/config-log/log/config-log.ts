// The configuration log: an append-only sequence of events, the single source of truth for what a gateway is. The port
// below is what the rest of the system needs of it; `config-log-contract.ts` is the suite that every adapter passes
// (memory, SQLite; JetStream joins them). The log stores bytes: it never looks inside an event.
import type { Result } from '../../../shared/result.ts'

export interface ConfigLog {
  /** The newest stored event, revision 0 and `genesisHash` when there is none. */
  head(): Promise<Result<LogHead, LogRefusal>>
  /** Stores `event` as revision `afterRevision + 1`, durably, or changes nothing. The same `commandId` again answers with
   *  the revision it already has, even when `afterRevision` is stale by then. */
  append(
    event: SealedEvent,
    afterRevision: number,
  ): Promise<Result<{ revision: number; duplicate: boolean }, AppendRefusal>>
  /** Events after `revision`, oldest first, at most `limit`. */
  read(afterRevision: number, limit: number): Promise<Result<StoredEvent[], LogRefusal>>
  /** The event that was stored under this command id, if any: how an unknown outcome becomes a known one. */
  find(commandId: string): Promise<Result<StoredEvent | undefined, LogRefusal>>
  /** Calls `wake` after appends by anyone, as a hint: it may be late, early, or repeated. */
  watch(wake: () => void): { stop(): void }
  close(): Promise<void>
}

export interface LogHead {
  readonly revision: number
  /** Hex SHA-256 of the newest event's bytes. */
  readonly hash: string
}

/** An event as it goes into the log: canonical bytes that contain `prevHash`, their hash, and a MAC over it. */
export interface SealedEvent {
  readonly commandId: string
  readonly bytes: Uint8Array
  /** Hex SHA-256 over `bytes`. */
  readonly hash: string
  /** Hex HMAC-SHA-256 over `bytes` under a key derived from the master key. */
  readonly mac: string
}

export interface StoredEvent extends SealedEvent {
  readonly revision: number
}

export type LogRefusal =
  | { type: 'unavailable'; message: string }
  | { type: 'full'; message: string }
  | { type: 'damaged'; revision: number; message: string }
  /** Shorter than what was once acknowledged. */
  | { type: 'rewound'; revision: number; highWater: number }

export type AppendRefusal =
  | LogRefusal
  | { type: 'conflict'; head: LogHead }
  | { type: 'too-large'; bytes: number; maxBytes: number }
  /** It may or may not have been stored: ask again under the same command id. */
  | { type: 'outcome-unknown'; commandId: string }

export const genesisHash = '0'.repeat(64)
