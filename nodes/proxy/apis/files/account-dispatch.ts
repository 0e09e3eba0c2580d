// A request to one account is a dispatch over one target.
import type { Chance, Clock } from '../../../../shared/clock.ts'
import { done } from '../../../../shared/result.ts'
import type { Hold } from '../../accounting/outcome.ts'
import type { DispatchedRequest } from '../../attempts/dispatched-request.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import { passThroughHeaders } from '../../request/headers.ts'
import { AttemptPlan } from '../../routing/attempt-plan.ts'
import { directRoute, type Timeouts } from '../../routing/model-route.ts'
import { type ObjectCall, ObjectTranslator } from '../../translators/object-translator.ts'
import type { Translators } from '../../translators/translator.ts'

export interface AccountCall {
  readonly call: Omit<ObjectCall, 'headerLines'>
  readonly clock: Clock
  readonly chance: Chance
  /** What policies hold for the request. */
  readonly holds: readonly Hold[]
  /** The timeouts of the call; by default those of every route. */
  readonly timeouts?: Timeouts
  /** Name of the credential that the call needs; any credential by default. */
  readonly pinned?: string
}

export function accountDispatch(
  request: AuthenticatedRequest,
  account: Target,
  { call, clock, chance, holds, timeouts, pinned }: AccountCall,
): DispatchedRequest {
  const { snapshot, head, operation } = request
  const { lines: headerLines } = passThroughHeaders(head, operation)
  const route = directRoute('', account)
  const plan = new AttemptPlan({
    revision: snapshot.revision,
    stream: false,
    clock,
    chance,
    route: timeouts === undefined ? route : { ...route, timeouts },
    routeOf: () => undefined,
    // What may have been done is not done again.
    extraAttempts: call.method === 'POST' ? 0 : 1,
  })
  const translator = new ObjectTranslator({ ...call, headerLines })
  const translators: Translators = { to: () => done(translator), could: () => false }
  return { model: '', stream: false, showUsage: false, translators, plan, holds, pinned }
}
