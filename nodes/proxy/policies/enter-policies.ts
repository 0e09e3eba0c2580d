// Asks the policies about a request that is no inference. It has nothing that they could rewrite or filter.
import type { Hold } from '../accounting/outcome.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { EntryDecision, Policy } from './policy.ts'

/** The holds of the policies, which are to be settled even where one of the policies rejects the request, or throws. */
export interface Entered {
  readonly holds: readonly Hold[]
  readonly error?: GatewayError
  /** What a policy threw, in a list of one; absent where none did. */
  readonly thrown?: readonly [unknown]
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
      if (policy === undefined) continue
      const decision = decide(policy, entered)
      if (decision instanceof Promise) return decision.then((late) => continued(index, late))
      entered = decision
      if (isOver(entered)) return entered
    }
    return entered
  }

  function continued(index: number, entered: Entered): Entered | Promise<Entered> {
    return isOver(entered) ? entered : enterFrom(index + 1, entered)
  }

  /** What is held after one policy has been asked. */
  function decide(policy: Policy, { holds }: Entered): Entered | Promise<Entered> {
    const failed = (error: unknown): Entered => ({ holds, thrown: [error] })
    try {
      if (policy.enter === undefined || !policy.governs(request)) return { holds }
      const decision = policy.enter(request, model)
      return decision instanceof Promise ? decision.then((late) => after(holds, late), failed) : after(holds, decision)
    } catch (error) {
      return failed(error)
    }
  }
}

function isOver({ error, thrown }: Entered): boolean {
  return error !== undefined || thrown !== undefined
}

function after(holds: readonly Hold[], decision: EntryDecision): Entered {
  if (decision.type === 'reject') return { holds, error: decision.error }
  return decision.hold === undefined ? { holds } : { holds: [...holds, decision.hold] }
}
