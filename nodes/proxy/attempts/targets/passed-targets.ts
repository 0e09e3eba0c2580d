// Why targets of one request were passed over: they cannot take it, or a limit of ours has no room for an attempt there.
import type { Ineligible, RateLimitedError, UpstreamFullError } from '../../errors/gateway-error.ts'

export type PassedWhy = Ineligible | FullError
/** There is no room for an attempt now: by a limit of ours, or by what a provider lets its account use. */
export type FullError = RateLimitedError | UpstreamFullError

export class PassedTargets {
  /** Why the first target could not take the request. */
  ineligible: Ineligible | undefined
  /** The error with the smallest wait. */
  full: FullError | undefined

  add(why: PassedWhy): void {
    if (!isFull(why)) this.ineligible ??= why
    else if (this.full === undefined || waitOf(why) < waitOf(this.full)) this.full = why
  }
}

function isFull(why: PassedWhy): why is FullError {
  return why.type === 'rate-limited' || why.type === 'upstream-busy' || why.type === 'upstream-limited'
}

/** A request that never fits waits longest. */
function waitOf({ retryAfterMs = Number.POSITIVE_INFINITY }: FullError): number {
  return retryAfterMs
}
