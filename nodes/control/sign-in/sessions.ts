// Sessions of the console. They live in this process alone: a restart signs everybody out, and signing out is final.
import type { Clock } from '../../../shared/clock.ts'
import { hashToken, newToken } from './secret-hash.ts'

const idleMs = 12 * 3_600_000
const lifeMs = 7 * 24 * 3_600_000
const sessionsMax = 1_000

export interface Session {
  readonly actor: string
  /** Expiry by the wall clock. */
  readonly expiresAtMs: number
}

interface Held extends Session {
  lastSeenMs: number
  readonly endsMs: number
}

export class Sessions {
  readonly #clock: Clock
  /** Sessions by the hex hash of their cookie, least recently used first. */
  readonly #held = new Map<string, Held>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Opens a session under a new id: an id that somebody planted in the browser before is worth nothing. */
  open(actor: string): { cookie: string; session: Session } {
    const cookie = newToken()
    const nowMs = this.#clock.monotonicMs()
    const held = { actor, expiresAtMs: this.#clock.wallMs() + lifeMs, lastSeenMs: nowMs, endsMs: nowMs + lifeMs }
    for (const oldest of this.#held.keys()) {
      if (this.#held.size < sessionsMax) break
      this.#held.delete(oldest)
    }
    this.#held.set(keyOf(cookie), held)
    return { cookie, session: held }
  }

  find(cookie: string): Session | undefined {
    const key = keyOf(cookie)
    const held = this.#held.get(key)
    if (held === undefined) return undefined
    this.#held.delete(key)
    const nowMs = this.#clock.monotonicMs()
    if (nowMs >= held.endsMs || nowMs >= held.lastSeenMs + idleMs) return undefined
    held.lastSeenMs = nowMs
    this.#held.set(key, held)
    return held
  }

  close(cookie: string): void {
    this.#held.delete(keyOf(cookie))
  }
}

function keyOf(cookie: string): string {
  return hashToken(cookie).toString('hex')
}
