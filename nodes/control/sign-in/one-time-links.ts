// Sign-in links: each opens one session, once, within ten minutes. Only hashes are held.
import type { Clock } from '../../../shared/clock.ts'
import { hashToken, newToken } from './secret-hash.ts'

const lifeMs = 600_000
const outstandingMax = 100

export class OneTimeLinks {
  readonly #clock: Clock
  /** Hex hash of the token → when it expires, oldest first. */
  readonly #outstanding = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  issue(): { token: string; expiresAtMs: number } {
    const token = newToken()
    for (const oldest of this.#outstanding.keys()) {
      if (this.#outstanding.size < outstandingMax) break
      this.#outstanding.delete(oldest)
    }
    this.#outstanding.set(hashToken(token).toString('hex'), this.#clock.monotonicMs() + lifeMs)
    return { token, expiresAtMs: this.#clock.wallMs() + lifeMs }
  }

  /** Looked up by hash, so the time it takes tells nothing of the token. */
  redeem(token: string): boolean {
    const hash = hashToken(token).toString('hex')
    const expiresMs = this.#outstanding.get(hash)
    this.#outstanding.delete(hash)
    return expiresMs !== undefined && this.#clock.monotonicMs() < expiresMs
  }
}
