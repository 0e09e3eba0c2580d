// What is known of a realtime session before its first attempt, and how its target is addressed.
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { Caller } from '../../auth/callers.ts'
import { noUnits } from '../../operations/billable-units.ts'
import type { Operation } from '../../operations/operations.ts'
import { addressOf, type Target } from '../../providers/endpoint.ts'
import type { AttemptPlan } from '../../routing/attempt-plan.ts'
import type { Ineligible } from '../../translators/translator.ts'

export interface RealtimePlan {
  readonly requestId: string
  /** Wall clock. */
  readonly arrivedAtMs: number
  readonly startedMs: number
  readonly route: Operation
  readonly caller: Caller
  /** Of the key, so that its end is noticed while the session lasts. */
  readonly tokenHash: string
  readonly user: string
  readonly model: string
  readonly revision: number
  readonly revisionText: string
  readonly stream: boolean
  readonly attemptPlan: AttemptPlan<Target>
  /** Header lines of the caller that go on. */
  readonly headerLines: string
  /** Of those that the client offered, the one that is answered; '' for none. */
  readonly protocol: string
  modelsThatCould(ineligible: Ineligible): readonly string[]
}

export const realtimeRoute: Operation = {
  name: '/v1/realtime',
  dialect: 'openai-realtime',
  errors: 'openai',
  upstreamPath: '/realtime',
  inbound: undefined,
  input: undefined,
  stream: undefined,
  asksForUsage: false,
  units: noUnits,
}

export const realtimePaths = ['/v1/realtime', '/openai/v1/realtime', '/openai/realtime', '/realtime']

/** Where the session is opened, with the model in the query. */
export function realtimeAddress(target: Target): Result<string, Ineligible> {
  if (!canRealtime(target)) return fail({ type: 'unspoken', route: realtimeRoute.name })
  const path = addressOf(target, '/realtime')
  // Azure's older form names the deployment by itself.
  if (path.includes('deployment=')) return done(path)
  return done(`${path}${path.includes('?') ? '&' : '?'}model=${encodeURIComponent(target.model)}`)
}

export function canRealtime({ speaks }: Target): boolean {
  return speaks.has('openai-realtime')
}
