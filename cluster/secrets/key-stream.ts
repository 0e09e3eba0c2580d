// The port of the stream of data keys that all nodes share: the newest message of each owner, and nothing older. The
// stream is not trusted: readers verify each message (`key-entry.ts`). `key-stream-contract.ts` is the suite that every
// adapter passes.
import type { Result } from '../../shared/result.ts'

export interface KeyStream {
  /** Returns the newest message of this owner, as the servers hold it now. */
  last(owner: string): Promise<Result<KeyMessage | undefined, KeyStreamTrouble>>
  /** Returns the oldest message after `sequence`, of any owner. */
  next(sequence: number): Promise<Result<KeyMessage | undefined, KeyStreamTrouble>>
  /** Replaces the owner's message `sequence` (0: there is none) by `bytes` and overwrites the old bytes on disk, or
   *  changes nothing. Returns the sequence of the new message. */
  put(owner: string, bytes: Uint8Array, sequence: number): Promise<Result<number, PutTrouble>>
  /** Creates the stream when there is none. */
  create(): Promise<Result<undefined, KeyStreamTrouble>>
  /** Calls `stored` with messages that any node stores: a hint, some may be missing. Calls `reachable` when the stream
   *  can be asked: now, and each time that it can be asked again. */
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
  /** The server stores the stream with other settings than requested; `field` names the first of them. */
  | { type: 'settings'; field: string; message: string }

export type PutTrouble =
  | KeyStreamTrouble
  /** Another message was stored for this owner meanwhile. */
  | { type: 'conflict'; message: string }
