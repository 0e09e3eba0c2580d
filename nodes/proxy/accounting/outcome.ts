// How a request ended. There is one outcome on every way out; records, holds and metrics read it and nothing else.
import type { AttemptRecord, CacheStatus, RequestStatus } from '../../../shared/telemetry/records.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import type { Tokens } from './attempt-cost.ts'

export interface Outcome {
  readonly status: RequestStatus
  /** Sent to the caller; 0 when the caller left before one was sent. */
  readonly httpStatus: number
  /** '' without one. */
  readonly errorCode: string
  /** The model that was asked for; '' when it is not a configured one. */
  readonly model: string
  /** The name that was asked for, sanitized, where it is not a configured one. */
  readonly askedModel?: string | undefined
  readonly stream: boolean
  readonly cacheStatus: CacheStatus
  readonly attempts: readonly AttemptRecord[]
  /** Attempts that were begun. */
  readonly attemptCount: number
  readonly fallbackIndex: number
  readonly tokens: Tokens
  /** The tokens are our estimate, because the upstream reported none. */
  readonly estimated: boolean
  readonly units: BillableUnits | undefined
  /** Of all attempts together. Undefined: the model has no price, or the answer does not report what the price is for. */
  readonly costNanoUsd: number | undefined
  readonly times: OutcomeTimes
}

/** Milliseconds on the monotonic clock. */
export interface OutcomeTimes {
  readonly endedMs: number
  /** Time spent waiting for upstreams, without the relay of a stream. */
  readonly upstreamMs: number
  /** Undefined when no byte of a stream was forwarded. */
  readonly firstForwardMs: number | undefined
  /** 0 when there was no token. */
  readonly firstTokenMs: number
}

/** Told exactly once what came of a request, on every way out. A policy takes a hold before the first attempt. */
export interface Hold {
  settle(outcome: Outcome): void
}
