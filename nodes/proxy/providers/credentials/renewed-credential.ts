// A key or token that expires and is renewed in the background: fetched at start, again well before it expires, and again after an
// error with growing pauses. A request uses the current one and never waits.
import type { Chance, Clock, Timer } from '../../../../shared/clock.ts'
import type { Result } from '../../../../shared/result.ts'

export interface Granted<Value> {
  readonly value: Value
  /** Wall clock time. Undefined: it does not expire. */
  readonly expiresAtMs: number | undefined
}

/** Why an identity service returned no credential. The message names the service and its answer, never a secret. */
export interface CredentialError {
  readonly message: string
}

export type CredentialSource<Value> = () => Promise<Result<Granted<Value>, CredentialError>>

export interface RenewedCredentialOptions<Value> {
  readonly source: CredentialSource<Value>
  readonly clock: Clock
  readonly chance: Chance
  /** Called once when fetching begins to fail, and not again until it has succeeded. */
  readonly onError: (error: CredentialError) => void
}

export class RenewedCredential<Value> {
  readonly #options: RenewedCredentialOptions<Value>
  #granted: Granted<Value> | undefined
  #fetching: Promise<void> | undefined
  #timer: Timer | undefined
  #pauseMs = retryMsMin
  #isFailing = false
  #stopped = false
  #renewedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: RenewedCredentialOptions<Value>) {
    this.#options = options
  }

  /** The credential that was fetched last; undefined before the first, and when the last has expired. */
  get current(): Value | undefined {
    const granted = this.#granted
    if (granted === undefined) return undefined
    if (granted.expiresAtMs !== undefined && granted.expiresAtMs <= this.#options.clock.wallMs()) return undefined
    return granted.value
  }

  /** Resolves after the first try, whether it succeeded or not. */
  start(): Promise<void> {
    return this.#fetch()
  }

  /** Called when the upstream rejected the current one, perhaps because it was rotated. It is fetched again, but not more often
   *  than `renewMsMin`. */
  renew(): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - this.#renewedAtMs < renewMsMin) return
    this.#renewedAtMs = nowMs
    void this.#fetch()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  #fetch(): Promise<void> {
    this.#fetching ??= this.#try().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #try(): Promise<void> {
    this.#timer?.cancel()
    const fetched = await this.#options.source()
    if (this.#stopped) return
    if (fetched.ok) this.#take(fetched.value)
    else this.#onError(fetched.error)
  }

  #take(granted: Granted<Value>): void {
    this.#granted = granted
    this.#pauseMs = retryMsMin
    this.#isFailing = false
    if (granted.expiresAtMs === undefined) return
    const lifeMs = granted.expiresAtMs - this.#options.clock.wallMs()
    this.#again(refreshAfterMs(lifeMs, this.#options.chance))
  }

  #onError(error: CredentialError): void {
    if (!this.#isFailing) this.#options.onError(error)
    this.#isFailing = true
    this.#again(this.#pauseMs * (0.5 + this.#options.chance() / 2))
    this.#pauseMs = Math.min(this.#pauseMs * 2, retryMsMax)
  }

  #again(ms: number): void {
    this.#timer?.cancel()
    this.#timer = this.#options.clock.after(ms, () => void this.#fetch())
  }
}

const retryMsMin = 1_000
const retryMsMax = 60_000
const renewMsMin = 10_000
/** Identity services return the same token until shortly before it expires, so asking much earlier is useless. */
const aheadMsMax = 5 * 60_000
// A timer above 2^31 ms fires at once.
const refreshMsMax = 24 * 3_600_000

/** Renewal happens when a fifth of the lifetime is left, or five minutes at most. It is spread, so that the nodes of a fleet do not
 *  ask at the same time. */
export function refreshAfterMs(lifeMs: number, chance: Chance): number {
  const aheadMs = Math.min(aheadMsMax, lifeMs / 5) * (1 + chance() / 4)
  return Math.min(refreshMsMax, Math.max(retryMsMin, lifeMs - aheadMs))
}
