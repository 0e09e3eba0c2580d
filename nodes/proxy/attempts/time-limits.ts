// How long a request may take: the limits of the route, or the caller's own where they are shorter.
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import { durationHeader } from '../request/headers.ts'
import type { Timeouts } from '../routing/model-route.ts'

export class TimeLimits {
  readonly #startedMs: number
  readonly #stream: boolean
  /** The caller's own limits; infinite where it has none. */
  readonly #totalMs: number
  readonly #firstTokenMs: number

  constructor({ head, startedMs }: Pick<AuthenticatedRequest, 'head' | 'startedMs'>, stream: boolean) {
    this.#startedMs = startedMs
    this.#stream = stream
    this.#totalMs = durationHeader(head, 'x-headgate-timeout') ?? Number.POSITIVE_INFINITY
    this.#firstTokenMs = durationHeader(head, 'x-headgate-ttft-timeout') ?? Number.POSITIVE_INFINITY
  }

  /** What is left of the request's whole time. */
  leftMs({ totalMs }: Timeouts, nowMs: number): number {
    return Math.min(this.#totalMs, totalMs) - (nowMs - this.#startedMs)
  }

  /** The time allowed from the start of a stream to its first token. */
  firstTokenMs({ firstTokenMs }: Timeouts): number {
    return Math.min(this.#firstTokenMs, firstTokenMs)
  }

  /** The time allowed from the start of an attempt to the head of its answer. A unary answer comes when all of it is made, so only a limit that
   *  somebody set applies to it. */
  firstByteMs(timeouts: Timeouts): number {
    if (this.#stream || timeouts.firstTokenIsSet) return this.firstTokenMs(timeouts)
    return Math.min(this.#firstTokenMs, timeouts.totalMs)
  }
}
