// What an attempt tells whoever began it.
import type { UpstreamFailure } from '../errors/upstream-failure.ts'
import type { WholeAnswer } from '../translators/translator.ts'

export interface AttemptOwner<Attempt> {
  /** Its first byte may go out. False: another attempt was faster, and this one ends without a word. */
  onFirstByte(attempt: Attempt): boolean
  /** `full` asks for a pause until `resume()`. */
  onBytes(attempt: Attempt, bytes: Buffer | string): 'sent' | 'full' | 'gone'
  /** The answer has come whole, `bytes` long; nothing of it was sent. */
  onAnswered(attempt: Attempt, answer: WholeAnswer, bytes: number): void
  /** The stream is whole; its terminal event was not sent. */
  onStreamEnd(attempt: Attempt, last: Buffer | string): void
  /** Before or after its first byte: `attempt.hasForwarded` tells. */
  onFailed(attempt: Attempt, failure: UpstreamFailure): void
  /** Nothing has come for a while, which is still allowed. */
  onSilence(attempt: Attempt, nowMs: number): void
}
