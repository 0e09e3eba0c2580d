// An attempt, and all attempts of a request, as others see them.
import type { Chance, Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { AttemptRecord } from '../../../shared/telemetry/records.ts'
import type { Charge } from '../accounting/intents/attempt-charge.ts'
import type { Intent } from '../accounting/intents/intent.ts'
import type { Intents } from '../accounting/intents/intents.ts'
import type { Credential } from '../providers/credential.ts'
import type { Target } from '../providers/endpoint.ts'
import type { PlannedAttempt } from '../routing/attempt-plan.ts'
import type { TimerWheel } from '../routing/timer-wheel.ts'
import type { StreamTiming } from '../streams/answer-stream.ts'

/** What attempts need of the node that they run on. */
export interface AttemptTools {
  readonly clock: Clock
  readonly chance: Chance
  readonly notify: Notify
  readonly timers: TimerWheel
  /** The journal of what is sent; absent where there is none. */
  readonly intents?: Intents | undefined
}

/** One attempt, as the loop sees it. */
export interface RunningAttempt {
  readonly planned: PlannedAttempt<Target>
  readonly credential: Credential
  readonly index: number
  /** The time at which the attempt began, in monotonic milliseconds. */
  readonly startedMs: number
  /** HTTP status of the answer; 0 before it came. */
  readonly status: number
  /** The time at which the head of the answer came; 0 before. */
  readonly firstByteMs: number
  readonly timing: StreamTiming | undefined
  readonly charge: Charge
}

/** What has become of a request's attempts so far. */
export interface AttemptProgress {
  readonly attempts: readonly AttemptRecord[]
  /** What stands for them until their records are safe. */
  readonly intents: readonly Intent[] | undefined
  /** The number of attempts that were begun. */
  readonly attemptCount: number
  readonly fallbackIndex: number
  readonly target: Target | undefined
  /** Time spent waiting for upstreams, without the relay of a stream. */
  readonly upstreamMs: number
}
