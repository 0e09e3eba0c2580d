// The seam for what limits, budgets, guardrails, caches and prompts do with a request. A policy is asked before the first
// attempt, may filter the answer, and is told the end. It returns values: it never calls the next policy, sends or records.
import type { ChatAnswer } from '../../../shared/chat/answer.ts'
import type { CacheStatus } from '../../../shared/telemetry/records.ts'
import type { Hold } from '../accounting/outcome.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { Target } from '../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { InferenceRequest } from '../request/inference-request.ts'
import type { AnswerFilter } from '../streams/answer-filter.ts'

export type PolicyDecision =
  /** The request goes on, perhaps as another one (a prompt filled in, a name redacted). */
  | { readonly type: 'proceed'; readonly asked: InferenceRequest; readonly hold?: Hold; readonly filter?: AnswerFilter }
  /** The request is answered without an upstream. */
  | { readonly type: 'answer'; readonly answer: ChatAnswer; readonly status: Extract<CacheStatus, `${string}HIT`> }
  | { readonly type: 'reject'; readonly error: GatewayError }

/** What a policy says to a request that is no inference. */
export type EntryDecision =
  | { readonly type: 'proceed'; readonly hold?: Hold }
  | { readonly type: 'reject'; readonly error: GatewayError }

export interface Policy {
  readonly name: string
  /** Whether the policy has a say in the request, read from the compiled snapshot: a request that no rule matches pays for one
   *  look. */
  governs(request: AuthenticatedRequest): boolean
  /** Decides about the request, synchronously unless something outside of this process is asked. Reading the conversation of a large
   *  body (`asked.parsed`) holds up all other requests: what is needed of it is told by a job (`limits/budgets/conversation-sizes.ts`). */
  decide(request: AuthenticatedRequest, asked: InferenceRequest): PolicyDecision | Promise<PolicyDecision>
  /** Decides about a request for files, batches or stored responses, or for a realtime session, which names a model. Absent: the
   *  policy has no say in those. */
  enter?(request: AuthenticatedRequest, model: string): EntryDecision | Promise<EntryDecision>
  /** Counts what was spent where nothing can be rejected any more: by the requests of a batch that is over. Absent: the policy counts no
   *  money. */
  charge?(request: AuthenticatedRequest, spent: Spent): void
}

export interface Spent {
  readonly model: string
  readonly target: Target
  readonly nanoUsd: number
}
