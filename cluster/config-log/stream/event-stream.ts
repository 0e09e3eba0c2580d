// The port of the stream that all nodes share: JetStream in a cluster, a model of it in the simulation. The stream
// stores messages in one sequence; the event of revision N is the message of sequence N. The stream is not trusted: it
// may be away, answer late, lose an acknowledgement, or come back shorter than it was.

import type { Result } from '../../../shared/result.ts'
import type { PublishTrouble, StreamFacts, StreamTrouble } from '../../nats/stream-trouble.ts'
import type { SealedEvent } from '../log/config-log.ts'

export interface EventStream {
  /** Returns what the stream reports about itself now. It answers within a few seconds, whatever happens. */
  facts(): Promise<Result<StreamFacts, StreamTrouble>>
  /** Stores `event` as the message after `lastSequence`, or changes nothing. Its `commandId` is the message id: a
   *  repeated id, within the stream's duplicate window, answers with the sequence it already has. */
  publish(
    event: SealedEvent,
    lastSequence: number,
  ): Promise<Result<{ sequence: number; duplicate: boolean }, PublishTrouble>>
  /** Returns messages after `afterSequence`, oldest first, at most `limit`. */
  read(afterSequence: number, limit: number): Promise<Result<StreamMessage[], StreamTrouble>>
  /** Calls `wake` when something was stored, and when the stream was lost or can be reached again: a hint, like
   *  `ConfigLog.watch`. */
  watch(wake: () => void): { stop(): void }
  /** Creates the stream. Only the first boot of a cluster and `headgate log repair` may do that. */
  create(): Promise<Result<StreamFacts, StreamTrouble>>
  close(): Promise<void>
}

/** The additional methods that repair needs, and that nothing else may have. */
export interface RepairableStream extends EventStream {
  /** Removes the stream with all its messages. It succeeds, too, when there is none. */
  remove(): Promise<Result<undefined, StreamTrouble>>
  /** Restores the wanted settings, and leaves the messages as they are. */
  mend(): Promise<Result<StreamFacts, StreamTrouble>>
}

/** A message of the stream. Any client with access may have written it: nothing in it is proven. */
export interface StreamMessage extends SealedEvent {
  readonly sequence: number
}
