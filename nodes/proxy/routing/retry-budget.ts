// How many retries a provider may get: a share of its requests, and a few each second beside them. A further attempt at a target is a
// retry, and so is one at the same provider that the request itself asks for; what an operator configured as a fallback is not. Without a bound, a provider that fails for everybody is sent
// a multiple of its usual load at the moment at which it can bear it least (Envoy and Linkerd have the same budget, with the same
// share of 20 percent). No key has more than half of what comes each second, so that one whose requests always fail leaves the others
// their retries.
import type { AttemptRecord } from '../../../shared/telemetry/records.ts'
import type { PlannedAttempt } from './attempt-plan.ts'

/** Whether an attempt is counted against the retry budget of its provider; `before` are the attempts of the request before it. */
export function isRetry(
  { target, isListed }: PlannedAttempt<TargetName>,
  before: readonly AttemptRecord[] | undefined,
): boolean {
  const { provider, model } = target
  const isSame = (record: AttemptRecord) =>
    record.provider === provider && (isListed === true || record.target === model)
  return before?.some(isSame) === true
}

type TargetName = { readonly provider: string; readonly model: string }

export interface RetryBudgetSpec {
  /** Retries for each hundred requests. */
  percent?: number
  /** Retries a second whatever the requests are, so that a provider with few of them has retries too. */
  perSecond?: number
}

const percentDefault = 20
const perSecondDefault = 20
const keyPart = 0.5
/** Keys that had a retry lately. Beyond it they are forgotten, and begin anew. */
const keysMax = 1_000

export class RetryBudget {
  readonly #percent: number
  readonly #perSecond: number
  readonly #whole: Bucket
  /** Made at the first retry of a key, which most keys never have. */
  readonly #ofKeys = new Map<string, Bucket>()

  constructor({ percent = percentDefault, perSecond = perSecondDefault }: RetryBudgetSpec = {}) {
    this.#percent = percent
    this.#perSecond = perSecond
    this.#whole = new Bucket(percent, perSecond)
  }

  /** Counts a request. */
  request(keyId: string): void {
    this.#whole.request()
    if (this.#ofKeys.size > 0) this.#ofKeys.get(keyId)?.request()
  }

  /** Takes one retry; false when the budget, or the key's part of it, is spent. `nowMs` is monotonic. */
  take(keyId: string, nowMs: number): boolean {
    const own = this.#of(keyId)
    return own.has(nowMs) && this.#whole.has(nowMs) && own.take() && this.#whole.take()
  }

  #of(keyId: string): Bucket {
    const known = this.#ofKeys.get(keyId)
    if (known !== undefined) return known
    if (this.#ofKeys.size >= keysMax) this.#ofKeys.clear()
    const bucket = new Bucket(this.#percent, this.#perSecond * keyPart)
    // The request that is being retried was counted before the bucket was there.
    bucket.request()
    this.#ofKeys.set(keyId, bucket)
    return bucket
  }
}

/** What requests may save up, so that retries can come together. */
const savedMax = 100

class Bucket {
  readonly #perRequest: number
  readonly #perMs: number
  readonly #burst: number
  #saved = 0
  #floor: number
  #filledMs: number | undefined

  constructor(percent: number, perSecond: number) {
    this.#perRequest = percent / 100
    this.#perMs = perSecond / 1_000
    this.#burst = perSecond === 0 ? 0 : Math.max(1, perSecond)
    this.#floor = this.#burst
  }

  request(): void {
    this.#saved = Math.min(savedMax, this.#saved + this.#perRequest)
  }

  has(nowMs: number): boolean {
    const passedMs = Math.max(0, nowMs - (this.#filledMs ?? nowMs))
    this.#floor = Math.min(this.#burst, this.#floor + passedMs * this.#perMs)
    this.#filledMs = nowMs
    return this.#floor >= 1 || this.#saved >= 1
  }

  take(): boolean {
    if (this.#floor >= 1) this.#floor--
    else this.#saved--
    return true
  }
}
