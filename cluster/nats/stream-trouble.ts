// What the calls to a stream may answer in place of what was asked for. Every user of JetStream knows these types; they
// stand below all of them.

export type StreamTrouble =
  /** Nothing was changed, nothing is known. */
  | { type: 'unavailable'; message: string }
  | { type: 'missing'; message: string }
  /** The server stores the stream with other settings than were asked for; `field` names the first. */
  | { type: 'settings'; field: string; message: string; facts?: StreamFacts }

export type PublishTrouble =
  | StreamTrouble
  /** The server takes no message of this size. */
  | { type: 'too-large'; bytes: number; maxBytes: number }
  /** Somebody else wrote first. */
  | { type: 'wrong-last-sequence'; message: string }
  | { type: 'full'; message: string }
  /** No acknowledgement came: it may have been stored. */
  | { type: 'no-ack'; message: string }

export interface StreamFacts {
  /** Of the oldest message that is left; anything up to 1 while there is none. */
  readonly firstSequence: number
  readonly lastSequence: number
  /** Fewer than from the first to the last means gaps. */
  readonly messages: number
  /** When the stream was made, as the server says it: another value is another stream. */
  readonly created: string
}
