// The last word of each target that was tried. Where all of them are overloaded or limit the rate, the failure passes by itself,
// and the caller is asked to come again, whatever was tried here.
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { UpstreamFailure } from '../../errors/upstream-failure.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { AttemptEnd } from '../../routing/next-attempt.ts'

/** The attempt that failed last, and what was told of it. */
export interface FailedAttempt<Attempt> {
  readonly attempt: Attempt
  readonly error: GatewayError
  readonly end: AttemptEnd<Target>
}

/** Whether the upstream found fault with the request, which says nothing against the target. */
export function blamesRequest({ type }: GatewayError): boolean {
  return type === 'upstream-rejected' || type === 'rejected-in-stream'
}

/** The wait of a limit that names none. */
const limitedWaitMs = 1_000

export class FailedTargets<Target> {
  readonly #lastFailures = new Map<Target, UpstreamFailure>()
  #isOverloaded = false

  add(target: Target, failure: UpstreamFailure): void {
    if (failure.passing === 'overloaded') this.#isOverloaded = true
    this.#lastFailures.set(target, failure)
  }

  /** The error of targets that all failed in a way that passes by itself; undefined where a target failed otherwise. `fullMs` is the
   *  wait for a target that a limit of ours has no room for now. */
  passingError(fullMs?: number): GatewayError | undefined {
    const failures = [...this.#lastFailures.values()]
    if (failures.length === 0 || failures.some(({ passing }) => passing === undefined)) return undefined
    const waits = failures.flatMap((failure) => waitOf(failure) ?? [])
    if (fullMs !== undefined) waits.push(fullMs)
    const retryAfterMs = waits.length === 0 ? undefined : Math.min(...waits)
    if (this.#isOverloaded) return { type: 'upstream-overloaded', retryAfterMs }
    return { type: 'upstream-limited', retryAfterMs: retryAfterMs ?? limitedWaitMs }
  }
}

function waitOf({ passing, retryAfterMs }: UpstreamFailure): number | undefined {
  return retryAfterMs ?? (passing === 'limited' ? limitedWaitMs : undefined)
}
