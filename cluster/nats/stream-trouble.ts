// The failures of calls to a stream. All users of JetStream know these types.

export type StreamTrouble =
  /** The server did not answer or refused: nothing was changed. */
  | { type: 'unavailable'; message: string }
  | { type: 'missing'; message: string }
  /** The server stores the stream with other settings than requested; `field` names the first of them. */
  | { type: 'settings'; field: string; message: string; facts?: StreamFacts }

export type PublishTrouble =
  | StreamTrouble
  /** The server accepts no message of this size. */
  | { type: 'too-large'; bytes: number; maxBytes: number }
  /** Another write came first. */
  | { type: 'wrong-last-sequence'; message: string }
  | { type: 'full'; message: string }
  /** No acknowledgement came: the message may have been stored. */
  | { type: 'no-ack'; message: string }

export interface StreamFacts {
  /** The sequence of the oldest message that is left; any value up to 1 while the stream is empty. */
  readonly firstSequence: number
  readonly lastSequence: number
  /** The number of messages. Fewer than the sequences from first to last means gaps. */
  readonly messages: number
  /** The creation time that the server reports. Another value means another stream. */
  readonly created: string
}
