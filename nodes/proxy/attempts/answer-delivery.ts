// How a dispatch and the delivery of its answer see each other.
import type { Used } from '../accounting/usage-meter.ts'
import type { ExhaustedError, GatewayError } from '../errors/gateway-error.ts'
import type { WholeAnswer } from '../translators/translator.ts'
import type { Attempt } from './attempt.ts'
import type { AttemptProgress } from './running-attempt.ts'

/** What an attempt used until `nowMs`, monotonic. */
export interface AttemptUse {
  readonly used: Used
  readonly nowMs: number
}

/** The dispatch whose answer is delivered. */
export interface FollowedDispatch extends AttemptProgress {
  /** The last attempt; undefined before there was one. */
  readonly attempt: Attempt | undefined
  /** Ends the dispatch: its attempt is aborted, and paid for. */
  stop(): { readonly used: Used | undefined; readonly nowMs: number }
}

/** Takes what a dispatch has for the caller. Each request ends in exactly one of `answer`, `finish`, `curtail`, `cutStream` and `reject`, unless the
 *  caller leaves before. */
export interface AnswerDelivery {
  /** Called before the first attempt. */
  follow(dispatch: FollowedDispatch): void
  /** Sends the head of a stream, before its first byte; `nowMs` is monotonic. */
  begin(attempt: Attempt, nowMs: number): void
  write(attempt: Attempt, bytes: Buffer | string): 'sent' | 'full' | 'gone'
  keepAlive(attempt: Attempt, nowMs: number): void
  answer(attempt: Attempt, answer: WholeAnswer, use: AttemptUse): void
  finish(attempt: Attempt, last: Buffer | string, use: AttemptUse): void
  /** Ends a stream with `last`, as an answer that has reached its length, because a limit or budget has no room for more. */
  curtail(attempt: Attempt, end: { readonly last: string; readonly error: ExhaustedError }, use: AttemptUse): void
  /** Ends a stream that failed after its first byte. */
  cutStream(attempt: Attempt, error: GatewayError, use: AttemptUse): void
  /** Ends a request that no target answered. */
  reject(error: GatewayError): void
  /** Ends the request, wherever it is. */
  cut(error: GatewayError): void
}
