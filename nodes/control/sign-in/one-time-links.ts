// Sign-in links: each opens one session, once, within ten minutes. Only hashes are held.
import type { Clock } from '../../../shared/clock.ts'
import { hashToken, newToken } from './secret-hash.ts'

const lifeMs = 600_000
const outstandingMax = 100
const rememberedMax = 1_000

/** Why a link opens nothing. `unknown`: it was never made, or so long ago that it is forgotten. */
export type LinkState = 'good' | 'used' | 'expired' | 'unknown'

export class OneTimeLinks {
  readonly #clock: Clock
  /** Hex hash of the token → when it expires, oldest first. */
  readonly #outstanding = new Map<string, number>()
  /** Hashes of links that have opened a session, oldest first: whoever opens one again is told so. */
  readonly #used = new Set<string>()

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

  /** The state of a link. It is looked up by hash, so that the time it takes tells nothing of the token. */
  look(token: string): LinkState {
    const hash = hashToken(token).toString('hex')
    if (this.#used.has(hash)) return 'used'
    const expiresMs = this.#outstanding.get(hash)
    if (expiresMs === undefined) return 'unknown'
    return this.#clock.monotonicMs() < expiresMs ? 'good' : 'expired'
  }

  /** Uses a good link up, and returns the state that it had. */
  redeem(token: string): LinkState {
    const state = this.look(token)
    if (state !== 'good') return state
    const hash = hashToken(token).toString('hex')
    this.#outstanding.delete(hash)
    for (const oldest of this.#used) {
      if (this.#used.size < rememberedMax) break
      this.#used.delete(oldest)
    }
    this.#used.add(hash)
    return 'good'
  }
}
