// Asks the policies of a request, one after the other. This is the only loop over them; their order is a line of `main.ts`.
import type { Hold } from '../accounting/outcome.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { InferenceRequest } from '../request/inference-request.ts'
import type { AnswerFilter } from '../streams/answer-filter.ts'
import type { Policy, PolicyDecision } from './policy.ts'

/** What the policies made of a request that goes on. */
export interface Permit {
  readonly asked: InferenceRequest
  readonly holds: readonly Hold[]
  readonly filters: readonly AnswerFilter[]
}

/** A request that a policy ended. The holds of the policies before it are still to be settled. */
export interface Ended {
  readonly ended: Exclude<PolicyDecision, { type: 'proceed' }>
  readonly permit: Permit
}

export type Decided = Permit | Ended

const none: readonly never[] = []

export function runPolicies(
  policies: readonly Policy[],
  request: AuthenticatedRequest,
  asked: InferenceRequest,
): Decided | Promise<Decided> {
  return runFrom(policies, request, { asked, holds: none, filters: none })
}

function runFrom(
  policies: readonly Policy[],
  request: AuthenticatedRequest,
  start: Permit,
): Decided | Promise<Decided> {
  let permit = start
  for (let index = 0; index < policies.length; index++) {
    const policy = policies[index]
    if (policy === undefined) continue
    const decision = decide(policy, request, permit)
    if (decision instanceof Promise) {
      const rest = policies.slice(index + 1)
      return decision.then((late) => ('ended' in late ? late : runFrom(rest, request, late)))
    }
    if ('ended' in decision) return decision
    permit = decision
  }
  return permit
}

/** Literals of few items take no more memory than they need. */
function appended<Item extends object>(items: readonly Item[], item: Item): readonly Item[] {
  const [first] = items
  if (first === undefined) return [item]
  return items.length === 1 ? [first, item] : [...items, item]
}

/** The error of a policy that throws, with the holds of those before it, which are settled all the same. */
export class PolicyFault extends Error {
  readonly permit: Permit

  constructor(policy: Policy, permit: Permit, cause: unknown) {
    super(`the policy ${policy.name} threw: ${cause instanceof Error ? cause.stack : String(cause)}`, { cause })
    this.permit = permit
  }
}

/** What one policy decides; the permit itself where the policy does not govern the request. */
function decide(policy: Policy, request: AuthenticatedRequest, permit: Permit): Decided | Promise<Decided> {
  try {
    if (!policy.governs(request)) return permit
    const decision = policy.decide(request, permit.asked)
    return decision instanceof Promise ? decidedLate(policy, decision, permit) : applied(permit, decision)
  } catch (cause) {
    throw new PolicyFault(policy, permit, cause)
  }
}

function decidedLate(policy: Policy, decision: Promise<PolicyDecision>, permit: Permit): Promise<Decided> {
  return decision.then(
    (late) => applied(permit, late),
    (cause) => {
      throw new PolicyFault(policy, permit, cause)
    },
  )
}

function applied(permit: Permit, decision: PolicyDecision): Decided {
  if (decision.type !== 'proceed') return { ended: decision, permit }
  const { asked, hold, filter } = decision
  const { holds, filters } = permit
  return {
    asked,
    holds: hold === undefined ? holds : appended(holds, hold),
    filters: filter === undefined ? filters : appended(filters, filter),
  }
}
