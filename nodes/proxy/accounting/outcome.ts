// How a request ended. There is one outcome on every way out; records, holds and metrics read it and nothing else.
import type { AttemptRecord, CacheStatus, RequestStatus } from '../../../shared/telemetry/records.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import type { ExhaustedError, RateLimitedError } from '../errors/gateway-error.ts'
import type { CheckedLines } from '../http/checked-lines.ts'
import type { Target } from '../providers/endpoint.ts'
import type { StandIn } from '../telemetry/stand-ins.ts'
import type { Tokens } from './attempt-cost.ts'

export interface Outcome {
  readonly status: RequestStatus
  /** The status that the caller was sent; 0 when the caller left before. */
  readonly httpStatus: number
  /** The code of the error; '' without an error. */
  readonly errorCode: string
  /** The model that was asked for; '' when it is not a configured one. */
  readonly model: string
  /** The name that was asked for, sanitized, where it is not a configured one. */
  readonly askedModel?: string | undefined
  /** The limit, the budget or the provider whose quota has rejected or cut the request. */
  readonly limitedBy?: string | undefined
  readonly stream: boolean
  readonly cacheStatus: CacheStatus
  readonly attempts: readonly AttemptRecord[]
  /** What stands for the attempts until their records are safe. */
  readonly intents?: readonly StandIn[] | undefined
  /** The number of attempts that were begun. */
  readonly attemptCount: number
  readonly fallbackIndex: number
  readonly tokens: Tokens
  /** The tokens are our estimate, because the upstream reported none. */
  readonly estimated: boolean
  readonly units: BillableUnits | undefined
  /** The cost of all attempts; undefined when the model has no price, or the answer does not report what the price is for. */
  readonly costNanoUsd: number | undefined
  readonly times: OutcomeTimes
}

/** The times of a request, in milliseconds on the monotonic clock. */
export interface OutcomeTimes {
  readonly endedMs: number
  /** Time spent waiting for upstreams, without the relay of a stream. */
  readonly upstreamMs: number
  /** The time at which the first byte of a stream was forwarded; undefined when none was. */
  readonly firstForwardMs: number | undefined
  /** The time at which the first token came; 0 when none came. */
  readonly firstTokenMs: number
}

/** What a policy holds from before the first attempt on. A hold is told the outcome exactly once, on every way out. */
export interface Hold {
  /** The most that one attempt can cost, in nano-dollars, where it is reserved. */
  readonly boundNanoUsd?: number | undefined
  settle(outcome: Outcome): void
  /** Told what a part of a long request used, such as one response in a realtime session. `settle` follows all the same. */
  use?(outcome: Outcome): void
  /** Asked after a failed attempt: whether another one may follow. Absent: it may. */
  mayRetry?(failed: AttemptRecord['outcome']): boolean
  /** The lines of headers of the answer that tell about what is held. */
  lines?(): CheckedLines
  /** Begins to watch the stream of an attempt, for holds that charge it while it runs. Absent or undefined: nothing is watched. */
  watch?(stream: WatchedStream): StreamWatch | undefined
  /** Absent where nothing depends on the target of an attempt. At most one hold of a request has it. */
  readonly gate?: AttemptGate | undefined
}

export interface WatchedStream {
  readonly target: Target
  /** The tokens of the input, by our estimate. */
  readonly estimatedInput: number
}

export interface StreamWatch {
  /** Whether it may end the stream. */
  readonly mayCut: boolean
  /** Called with the tokens of output so far. Returns the error for which the stream ends now. */
  look(output: number): ExhaustedError | undefined
}

/** Asked before each attempt of a request whether its target may be sent it now. */
export interface AttemptGate {
  enter(target: Target): AttemptEntry | Promise<AttemptEntry>
}

export type AttemptEntry =
  /** `hold` is what the attempt has reserved; undefined where nothing counts it. */
  | { readonly type: 'entered'; readonly hold: AttemptHold | undefined }
  /** The target is passed over; `error` is told where no target is left. */
  | { readonly type: 'full'; readonly error: RateLimitedError }

/** What one attempt has reserved. */
export interface AttemptHold {
  /** Called at most once. What was not settled when the request is over is settled with the request. */
  settle(use: AttemptUse): void
}

/** What one attempt used. */
export type AttemptUse = Pick<Outcome, 'tokens' | 'costNanoUsd'>
