// The stream that carries usage from proxies to aggregators: JetStream in a cluster, a model of it in tests. A batch is one
// message; batches of one node are in one partition. The stream is not the last word on anything: a batch is in its sender's
// spool until it is confirmed, and what was read of it is in the aggregators' databases. So it may be away, full, shorter
// than it was or made anew, and nothing is lost or counted twice.
import type { Result } from '../../shared/result.ts'

export interface UsageStream {
  /** The same id again within two minutes stores nothing. `isDurable`: it survives what takes one server's disk cache. */
  publish(batch: OutgoingBatch): Promise<Result<{ isDurable: boolean }, UsagePublishTrouble>>
  facts(): Promise<Result<UsageFacts, UsageStreamTrouble>>
  /** When that message was stored; undefined when there is none. */
  storedAtMs(sequence: number): Promise<Result<number | undefined, UsageStreamTrouble>>
  /** Messages of a partition after `afterSequence`, in their order. */
  openFeed(partition: number, afterSequence: number): Promise<Result<PartitionFeed, UsageStreamTrouble>>
  /** Forgets all messages before `firstSequence`. */
  trim(firstSequence: number): Promise<Result<undefined, UsageStreamTrouble>>
}

export interface OutgoingBatch {
  readonly partition: number
  readonly node: string
  readonly id: string
  readonly bytes: Uint8Array
}

export interface UsageFacts {
  /** Of the oldest message that is left; more than the last while there is none. */
  readonly firstSequence: number
  readonly lastSequence: number
  /** Undefined while there is no message. */
  readonly firstAtMs: number | undefined
  readonly lastAtMs: number | undefined
  /** When the stream was made, as the server says it: another value is another stream. */
  readonly created: string
  readonly bytes: number
  readonly bytesMax: number
  readonly replicas: number
}

export interface UsageMessage {
  readonly sequence: number
  readonly storedAtMs: number
  readonly bytes: Uint8Array
}

export interface FeedPage {
  readonly messages: readonly UsageMessage[]
  /** There is nothing more at this moment. */
  readonly isAtEnd: boolean
}

/** One reader's place in one partition. After a trouble it is of no use any more. */
export interface PartitionFeed {
  /** What there is, or what comes first within `waitMs`. */
  next(waitMs: number): Promise<Result<FeedPage, UsageStreamTrouble>>
  close(): void
}

export type UsageStreamTrouble = { type: 'unavailable' | 'missing' | 'settings'; message: string }

export type UsagePublishTrouble =
  | UsageStreamTrouble
  | { type: 'too-large' | 'full'; message: string }
  /** No acknowledgement came: it may have been stored. */
  | { type: 'no-ack'; message: string }

/** How long the stream recognises an id again. */
export const duplicateWindowMs = 120_000
