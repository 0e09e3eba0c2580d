// What is known of a request before its first attempt, and stays as it is.
import type { Caller } from '../auth/callers.ts'
import type { Continuation } from '../conversations/continuation.ts'
import type { Body } from '../http/http.ts'
import type { Operation } from '../operations/operations.ts'
import type { Target } from '../providers/endpoint.ts'
import type { AttemptPlan } from '../routing/attempt-plan.ts'
import type { Translators } from '../translators/choose-translator.ts'
import type { Ineligible } from '../translators/translator.ts'

export interface TransitPlan {
  readonly requestId: string
  /** Wall clock. */
  readonly arrivedAtMs: number
  /** Monotonic: when the last byte of the body was in. */
  readonly startedMs: number
  readonly route: Operation
  readonly caller: Caller
  readonly model: string
  readonly revision: number
  readonly revisionText: string
  readonly stream: boolean
  /** Whether the caller asked for the usage chunk of a stream. */
  readonly showUsage: boolean
  readonly user: string
  readonly attemptPlan: AttemptPlan<Target>
  /** How each target is spoken to. */
  readonly translators: Translators
  /** Names of models that could do what a target cannot, for the refusal. */
  modelsThatCould(ineligible: Ineligible): readonly string[]
  readonly body: Body
  /** Of a request that reads or leaves state. */
  readonly state: Continuation | undefined
  /** The caller's own limits; undefined leaves the route's. */
  readonly totalMs: number | undefined
  readonly firstTokenMs: number | undefined
}
