// What one request has learned of endpoints that servers turned out not to have.
import type { GatewayError } from '../errors/gateway-error.ts'
import type { Target } from '../providers/endpoint.ts'
import type { Instead } from '../translators/missing-endpoint.ts'

export class MissedEndpoints<Attempt extends { readonly target: Target }> {
  readonly #learned = new Map<Target, Instead>()
  #last: { readonly attempt: Attempt; readonly error: GatewayError } | undefined

  add(attempt: Attempt, instead: Instead, error: GatewayError): void {
    this.#learned.set(attempt.target, instead)
    this.#last = { attempt, error }
  }

  /** Whether the target is asked in its own dialect now. */
  isTranslated(target: Target): boolean {
    return this.#learned.get(target) === 'translate'
  }

  isPassedOver(target: Target): boolean {
    return this.#learned.get(target) === 'another-target'
  }

  /** Whether a number of tokens was asked for, which we can estimate. */
  get isEstimated(): boolean {
    return [...this.#learned.values()].includes('estimate')
  }

  /** What the upstream said, where no other target was tried after it. */
  lastWord(attempt: Attempt): GatewayError | undefined {
    return attempt === this.#last?.attempt && this.isPassedOver(attempt.target) ? this.#last.error : undefined
  }
}
