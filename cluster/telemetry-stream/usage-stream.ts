// The port of the stream that carries usage from proxies to aggregators: JetStream in a cluster, a model of it in
// tests. A batch is one message; the batches of one node are in one partition. The stream is not the authority on
// anything: a batch stays in its sender's spool until it is confirmed, and batches that were read are in the
// aggregators' databases. So the stream may be away, full, shorter than it was or made anew, and nothing is lost or
// counted twice.
import type { Result } from '../../shared/result.ts'

export interface UsageStream {
  /** Publishes a batch. The same id within two minutes stores nothing. That the stream says it has stored a batch is no
   *  reason to forget it: anybody may say so. */
  publish(batch: OutgoingBatch): Promise<Result<undefined, UsagePublishTrouble>>
  facts(): Promise<Result<UsageFacts, UsageStreamTrouble>>
  /** Returns the time at which the message was stored; undefined when there is no such message. */
  storedAtMs(sequence: number): Promise<Result<number | undefined, UsageStreamTrouble>>
  /** Opens a feed of the messages of a partition after `afterSequence`, in their order. */
  openFeed(partition: number, afterSequence: number): Promise<Result<PartitionFeed, UsageStreamTrouble>>
  /** Removes all messages before `firstSequence`. */
  trim(firstSequence: number): Promise<Result<undefined, UsageStreamTrouble>>
}

export interface OutgoingBatch {
  readonly partition: number
  readonly node: string
  /** The MAC of the batch (`usage-mac.ts`). */
  readonly id: string
  readonly bytes: Uint8Array
}

export interface UsageFacts {
  /** The sequence of the oldest message that is left; greater than the last while the stream is empty. */
  readonly firstSequence: number
  readonly lastSequence: number
  /** The time of the first message; undefined while the stream is empty. */
  readonly firstAtMs: number | undefined
  readonly lastAtMs: number | undefined
  /** The creation time that the server reports. Another value means another stream. */
  readonly created: string
  readonly bytes: number
  readonly bytesMax: number
}

export interface UsageMessage {
  readonly sequence: number
  readonly storedAtMs: number
  /** Sender and id as they stand in the message: nothing in it is proven. */
  readonly sender: string
  readonly id: string
  readonly bytes: Uint8Array
}

export interface FeedPage {
  readonly messages: readonly UsageMessage[]
  /** True when there are no more messages at this moment. */
  readonly isAtEnd: boolean
}

/** The position of one reader in one partition. After a trouble it cannot be used any more. */
export interface PartitionFeed {
  /** Returns the messages that are there, or the first that arrive within `waitMs`. */
  next(waitMs: number): Promise<Result<FeedPage, UsageStreamTrouble>>
  close(): void
}

export type UsageStreamTrouble = { type: 'unavailable' | 'missing' | 'settings'; message: string }

export type UsagePublishTrouble =
  | UsageStreamTrouble
  | { type: 'too-large' | 'full'; message: string }
  /** No acknowledgement came: the batch may have been stored. */
  | { type: 'no-ack'; message: string }

/** How long the stream recognises a repeated id. */
export const duplicateWindowMs = 120_000
