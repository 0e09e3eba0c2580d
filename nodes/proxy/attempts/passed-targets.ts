// Why targets of one request were passed over: they cannot take it, or a limit of ours has no room for an attempt there.
import type { Ineligible, RateLimitedError } from '../errors/gateway-error.ts'

export class PassedTargets {
  /** Why the first target could not take the request. */
  ineligible: Ineligible | undefined
  /** The error of the limit with the smallest wait. */
  full: RateLimitedError | undefined

  add(why: Ineligible | RateLimitedError): void {
    if (why.type !== 'rate-limited') this.ineligible ??= why
    else if (this.full === undefined || waitOf(why) < waitOf(this.full)) this.full = why
  }
}

/** A request that never fits waits longest. */
function waitOf({ retryAfterMs = Number.POSITIVE_INFINITY }: RateLimitedError): number {
  return retryAfterMs
}
