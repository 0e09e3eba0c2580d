// Why targets of one request were passed over: they cannot take it, or a limit of ours has no room for an attempt there.
import type { Ineligible, RateLimitedError, UpstreamBusyError } from '../../errors/gateway-error.ts'

export type PassedWhy = Ineligible | FullError
/** There is no room for an attempt now: by a limit of ours, or by what a provider lets its account use. */
export type FullError = RateLimitedError | UpstreamBusyError

export class PassedTargets {
  /** Why the first target could not take the request. */
  ineligible: Ineligible | undefined
  /** The error with the smallest wait. */
  full: FullError | undefined

  add(why: PassedWhy): void {
    if (why.type !== 'rate-limited' && why.type !== 'upstream-busy') this.ineligible ??= why
    else if (this.full === undefined || waitOf(why) < waitOf(this.full)) this.full = why
  }
}

/** A request that never fits waits longest. */
function waitOf({ retryAfterMs = Number.POSITIVE_INFINITY }: FullError): number {
  return retryAfterMs
}
