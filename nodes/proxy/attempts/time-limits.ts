// How long a request may take: the caller's own limits, else those of the route.
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import { durationHeader } from '../request/headers.ts'
import type { Timeouts } from '../routing/model-route.ts'

export class TimeLimits {
  readonly #startedMs: number
  readonly #stream: boolean
  /** The caller's own limits; where they are undefined, the route's hold. */
  readonly #totalMs: number | undefined
  readonly #firstTokenMs: number | undefined

  constructor({ head, startedMs }: Pick<AuthenticatedRequest, 'head' | 'startedMs'>, stream: boolean) {
    this.#startedMs = startedMs
    this.#stream = stream
    this.#totalMs = durationHeader(head, 'x-headgate-timeout')
    this.#firstTokenMs = durationHeader(head, 'x-headgate-ttft-timeout')
  }

  /** What is left of the request's whole time. */
  leftMs({ totalMs }: Timeouts, nowMs: number): number {
    return (this.#totalMs ?? totalMs) - (nowMs - this.#startedMs)
  }

  /** The time allowed from the start of a stream to its first token. */
  firstTokenMs({ firstTokenMs }: Timeouts): number {
    return this.#firstTokenMs ?? firstTokenMs
  }

  /** The time allowed from the start of an attempt to the head of its answer. A unary answer comes when all of it is made, so only a limit that
   *  somebody set applies to it. */
  firstByteMs(timeouts: Timeouts): number {
    if (this.#stream || timeouts.firstTokenIsSet) return this.firstTokenMs(timeouts)
    return this.#firstTokenMs ?? timeouts.totalMs
  }
}
