// What the shared data keys need of the stream that all nodes share: the newest message of each owner, and nothing older.
// It is not trusted: what a message says is proven by whoever reads it (`key-entry.ts`). `key-stream-contract.ts` is the
// suite that every adapter passes.
import type { Result } from '../../shared/result.ts'

export interface KeyStream {
  /** The newest message of this owner, as the servers hold it now. */
  last(owner: string): Promise<Result<KeyMessage | undefined, KeyStreamTrouble>>
  /** The oldest message after `sequence`, of any owner. */
  next(sequence: number): Promise<Result<KeyMessage | undefined, KeyStreamTrouble>>
  /** Stores `bytes` in place of the owner's message `sequence` (0: there is none), which is overwritten where it lay; or
   *  changes nothing. Answers the sequence of the new message. */
  put(owner: string, bytes: Uint8Array, sequence: number): Promise<Result<number, PutTrouble>>
  /** Makes the stream where there is none. */
  create(): Promise<Result<undefined, KeyStreamTrouble>>
  /** Calls `stored` with what is being stored by anybody: a hint, of which some may be missing. Calls `reachable` when the
   *  stream can be asked, now and each time that it can again. */
  watch(on: { stored: (bytes: Uint8Array) => void; reachable: () => void }): { stop(): void }
  close(): Promise<void>
}

export interface KeyMessage {
  readonly sequence: number
  readonly bytes: Uint8Array
}

export type KeyStreamTrouble =
  | { type: 'unavailable'; message: string }
  | { type: 'missing'; message: string }
  /** The server stores the stream with other settings than were asked for; `field` names the first. */
  | { type: 'settings'; field: string; message: string }

export type PutTrouble =
  | KeyStreamTrouble
  /** Another message stands there now. */
  | { type: 'conflict'; message: string }
