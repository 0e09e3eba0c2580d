// What is known of a realtime session before its first attempt, and how its target is addressed.
import { done, fail, type Result } from '../../shared/result.ts'
import type { Caller } from './auth/callers.ts'
import type { Unable } from './leg.ts'
import { addressOf, type Endpoint } from './providers/endpoint.ts'
import { nothingMeasured } from './providers/measures.ts'
import type { Route } from './providers/routes.ts'
import type { Itinerary } from './routing/itinerary.ts'

export interface RealtimePlan {
  readonly requestId: string
  /** Wall clock. */
  readonly arrivedAtMs: number
  readonly startedMs: number
  readonly route: Route
  readonly caller: Caller
  /** Of the key, so that its end is noticed while the session lasts. */
  readonly tokenHash: string
  readonly user: string
  readonly model: string
  readonly revision: number
  readonly revisionText: string
  readonly stream: boolean
  readonly itinerary: Itinerary<Endpoint>
  /** Header lines of the caller that go on. */
  readonly headerLines: string
  /** Of those that the client offered, the one that is answered; '' for none. */
  readonly protocol: string
  modelsThatCould(unable: Unable): readonly string[]
}

export const realtimeRoute: Route = {
  name: '/v1/realtime',
  dialect: 'openai-realtime',
  errors: 'openai',
  upstreamPath: '/realtime',
  inbound: undefined,
  input: undefined,
  stream: undefined,
  asksForUsage: false,
  measures: nothingMeasured,
}

export const realtimePaths = ['/v1/realtime', '/openai/v1/realtime', '/openai/realtime', '/realtime']

/** Where the session is opened, with the model in the query. */
export function realtimeAddress(endpoint: Endpoint): Result<string, Unable> {
  if (!canRealtime(endpoint)) return fail({ type: 'unspoken', route: realtimeRoute.name })
  const path = addressOf(endpoint, '/realtime')
  // Azure's older form names the deployment by itself.
  if (path.includes('deployment=')) return done(path)
  return done(`${path}${path.includes('?') ? '&' : '?'}model=${encodeURIComponent(endpoint.model)}`)
}

export function canRealtime({ speaks }: Endpoint): boolean {
  return speaks.has('openai-realtime')
}
