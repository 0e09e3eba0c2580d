// What the attempts of one HTTP request are made of.

import type { Result } from '../../../shared/result.ts'
import type { CostBoundOf } from '../accounting/intents/attempt-charge.ts'
import type { Hold } from '../accounting/outcome.ts'
import type { Ineligible } from '../errors/gateway-error.ts'
import type { Target } from '../providers/endpoint.ts'
import type { InferenceFacts, InferenceRequest } from '../request/inference-request.ts'
import type { AttemptPlan } from '../routing/attempt-plan.ts'
import type { Late, Translators, WholeAnswer } from '../translators/translator.ts'

/** What is sent, and where to. */
export interface DispatchedRequest {
  readonly model: string
  readonly stream: boolean
  readonly showUsage: boolean
  readonly translators: Translators
  readonly body?: InferenceFacts['body'] | undefined
  readonly plan: AttemptPlan<Target>
  /** What policies hold, which further attempts may need more of. */
  readonly holds?: readonly Hold[]
  /** The name of the credential that holds what the request continues. */
  readonly pinned: string | undefined
  /** What is asked, where it uses quotas of providers. */
  readonly inference?: InferenceRequest | undefined
  /** The answer by our own estimate, for an operation that asks for a number of tokens. */
  readonly estimate?: EstimatedAnswer | undefined
  /** Absent where nothing is charged. */
  readonly costBound?: CostBoundOf | undefined
  /** What a hard budget has reserved for each attempt; undefined where none pays. */
  readonly reservedNanoUsd?: number | undefined
}

export interface EstimatedAnswer {
  now(): Result<WholeAnswer, Ineligible>
  /** The same for a large body; undefined for one that is estimated at once. */
  later(): Late<WholeAnswer> | undefined
}
