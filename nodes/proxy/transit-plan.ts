// What is known of a request before its first attempt, and stays as it is.
import type { Caller } from './auth/callers.ts'
import type { Body } from './http/http.ts'
import type { OpenAiRoute } from './providers/dialects/openai-routes.ts'
import type { Endpoint } from './providers/endpoint.ts'
import type { Itinerary } from './routing/itinerary.ts'

export interface TransitPlan {
  readonly requestId: string
  /** Wall clock. */
  readonly arrivedAtMs: number
  /** Monotonic: when the last byte of the body was in. */
  readonly startedMs: number
  readonly route: OpenAiRoute
  readonly caller: Caller
  readonly model: string
  readonly revision: number
  readonly revisionText: string
  readonly stream: boolean
  /** Whether the caller asked for the usage chunk of a stream. */
  readonly showUsage: boolean
  readonly user: string
  readonly itinerary: Itinerary<Endpoint>
  /** Header lines of the caller that go on to the upstream. */
  readonly forwardedLines: string
  /** The body as the upstream shall see it, with its model's name in it. */
  bodyFor(targetModel: string): readonly Uint8Array[]
  readonly body: Body
  /** The caller's own limits; undefined leaves the route's. */
  readonly totalMs: number | undefined
  readonly firstTokenMs: number | undefined
}
