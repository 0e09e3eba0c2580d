// Asks the policies about a request that is no inference. It has nothing that they could rewrite or filter.
import type { Hold } from '../accounting/outcome.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { EntryDecision, Policy } from './policy.ts'

/** The holds of the policies, which are to be settled even where one of the policies rejects the request. */
export interface Entered {
  readonly holds: readonly Hold[]
  readonly error?: GatewayError
}

const none: Entered = { holds: [] }

/** `model` is '' for requests that name none. */
export function enterPolicies(
  policies: readonly Policy[],
  request: AuthenticatedRequest,
  model: string,
): Entered | Promise<Entered> {
  return enterFrom(0, none)

  function enterFrom(first: number, start: Entered): Entered | Promise<Entered> {
    let entered = start
    for (let index = first; index < policies.length; index++) {
      const policy = policies[index]
      if (policy?.enter === undefined || !policy.governs(request)) continue
      const decision = policy.enter(request, model)
      if (decision instanceof Promise) {
        const before = entered
        return decision.then((late) => continued(index, after(before, late)))
      }
      entered = after(entered, decision)
      if (entered.error !== undefined) return entered
    }
    return entered
  }

  function continued(index: number, entered: Entered): Entered | Promise<Entered> {
    return entered.error === undefined ? enterFrom(index + 1, entered) : entered
  }
}

function after({ holds }: Entered, decision: EntryDecision): Entered {
  if (decision.type === 'reject') return { holds, error: decision.error }
  return decision.hold === undefined ? { holds } : { holds: [...holds, decision.hold] }
}
