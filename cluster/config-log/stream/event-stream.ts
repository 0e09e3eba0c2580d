// What the replicated log needs of the stream that all nodes share: JetStream in a cluster, a model of it in the
// simulation. The stream stores messages in one sequence; the event of revision N is the message of sequence N. It is not
// trusted: it may be away, answer late, lose an acknowledgement, or come back shorter than it was.

import type { Result } from '../../../shared/result.ts'
import type { PublishTrouble, StreamFacts, StreamTrouble } from '../../nats/stream-trouble.ts'
import type { SealedEvent } from '../log/config-log.ts'

export interface EventStream {
  /** What the stream says of itself now. Answers within a few seconds, whatever happens. */
  facts(): Promise<Result<StreamFacts, StreamTrouble>>
  /** Stores `event` as the message after `lastSequence`, or changes nothing. Its `commandId` is the message id: the same
   *  id again, within the stream's duplicate window, answers with the sequence it already has. */
  publish(
    event: SealedEvent,
    lastSequence: number,
  ): Promise<Result<{ sequence: number; duplicate: boolean }, PublishTrouble>>
  /** Messages after `sequence`, oldest first, at most `limit`. */
  read(afterSequence: number, limit: number): Promise<Result<StreamMessage[], StreamTrouble>>
  /** Calls `wake` when something was stored, and when the stream was lost or can be reached again: a hint, as `ConfigLog.watch`. */
  watch(wake: () => void): { stop(): void }
  /** Makes the stream: only at the first boot of a cluster, and by `headgate log repair`. */
  create(): Promise<Result<StreamFacts, StreamTrouble>>
  close(): Promise<void>
}

/** What repair needs in addition, and nobody else may have. */
export interface RepairableStream extends EventStream {
  /** The stream with all its messages. Done, too, when there is none. */
  remove(): Promise<Result<undefined, StreamTrouble>>
  /** Asks the server for the settings that are wanted, and leaves the messages as they are. */
  mend(): Promise<Result<StreamFacts, StreamTrouble>>
}

/** Anybody with access to the stream may have written it: nothing of it is proven. */
export interface StreamMessage extends SealedEvent {
  readonly sequence: number
}
