// What an attempt is made of, and what it tells whoever began it.

import type { ChargedAttempt } from '../accounting/intents/attempt-charge.ts'
import type { ExhaustedError } from '../errors/gateway-error.ts'
import type { UpstreamFailure } from '../errors/upstream-failure.ts'
import type { Target } from '../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { Translator, WholeAnswer } from '../translators/translator.ts'
import type { Upstream, UpstreamHead } from '../upstream/upstream.ts'
import type { AttemptTools } from './running-attempt.ts'
import type { AttemptWatch } from './stream-watch.ts'
import type { TimeLimits } from './time-limits.ts'
import type { QuotaTools } from './waits/quota-pass.ts'

export interface AttemptOwner<Attempt> {
  /** Called with the head of the answer. */
  onHead?(attempt: Attempt, head: UpstreamHead): void
  /** Called before the first byte goes out. False: another attempt was faster, and this one ends without a word. */
  onFirstByte(attempt: Attempt): boolean
  /** Takes bytes for the caller. `full` asks for a pause until `resume()`. */
  onBytes(attempt: Attempt, bytes: Buffer | string): 'sent' | 'full' | 'gone'
  /** Called when the answer has come whole; nothing of it was sent. */
  onAnswered(attempt: Attempt, answer: WholeAnswer): void
  /** Called when the stream is whole; its terminal event, `last`, was not sent. */
  onStreamEnd(attempt: Attempt, last: Buffer | string): void
  /** Called when a limit or budget has no room for more of the stream, which has not ended. */
  onExhausted(attempt: Attempt, error: ExhaustedError): void
  /** Called when the attempt has failed; `attempt.hasForwarded` tells whether that was after its first byte. */
  onFailed(attempt: Attempt, failure: UpstreamFailure): void
  /** Called when something of ours threw in a step of the attempt, or in what followed it. Ends the request. */
  onBug(error: unknown): void
  /** Called when nothing has come for a while, which is still allowed. */
  onSilence(attempt: Attempt, nowMs: number): void
}

export interface HttpAttemptTools extends AttemptTools {
  upstreamOf(target: Target): Upstream
  /** Absent where no quotas of providers are looked at. */
  readonly quota?: QuotaTools | undefined
}

export interface AttemptParts<Attempt> extends ChargedAttempt {
  readonly tools: HttpAttemptTools
  readonly request: AuthenticatedRequest
  readonly limits: TimeLimits
  readonly translator: Translator
  readonly showUsage: boolean
  /** The name of the credential that holds what the request continues. */
  readonly pinned: string | undefined
  /** Undefined where nothing charges the stream while it runs. */
  readonly watch?: AttemptWatch | undefined
  readonly owner: AttemptOwner<Attempt>
}
