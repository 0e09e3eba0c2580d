// What is known of a realtime session before its first attempt, and how its target is addressed.
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { Ineligible } from '../../errors/gateway-error.ts'
import { realtimeOperation } from '../../operations/gateway-operations.ts'
import { addressOf, type Target } from '../../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import type { AttemptPlan } from '../../routing/attempt-plan.ts'

export interface SessionPlan {
  readonly request: AuthenticatedRequest
  /** The model's name as the caller wrote it. */
  readonly asked: string
  /** The name of its route. */
  readonly model: string
  readonly attemptPlan: AttemptPlan<Target>
  /** Header lines of the caller that go on. */
  readonly headerLines: string
  /** The subprotocol that is answered; '' for none. */
  readonly protocol: string
}

/** The path at which the target opens a session, with the model in the query. */
export function realtimeAddress(target: Target): Result<string, Ineligible> {
  if (!canRealtime(target)) return fail({ type: 'unspoken', route: realtimeOperation.name })
  const path = addressOf(target, '/realtime')
  // Azure's older form names the deployment by itself.
  if (path.includes('deployment=')) return done(path)
  return done(`${path}${path.includes('?') ? '&' : '?'}model=${encodeURIComponent(target.model)}`)
}

export function canRealtime({ speaks }: Target): boolean {
  return speaks.has('openai-realtime')
}
