// Sessions of the console. They live in this process alone: a restart signs everybody out, and signing out is final. A session is
// held by two things: the cookie, which no script sees, and a secret that the console keeps in the storage of its origin and sends
// in a header. Browsers give the cookie to every port of the host, whoever listens there; the storage is that of one port.
import type { Clock } from '../../../shared/clock.ts'
import { hashToken, newToken, tokenMatches } from './secret-hash.ts'

const idleMs = 12 * 3_600_000
const lifeMs = 7 * 24 * 3_600_000
const sessionsMax = 1_000

export interface Session {
  readonly actor: string
  /** Expiry by the wall clock. */
  readonly expiresAtMs: number
}

export interface OpenedSession {
  readonly cookie: string
  /** What has to come with the cookie, in the header `x-headgate-csrf`. */
  readonly csrf: string
  readonly session: Session
}

interface Held extends Session {
  lastSeenMs: number
  readonly csrfHash: Uint8Array
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
  open(actor: string): OpenedSession {
    const [cookie, csrf] = [newToken(), newToken()]
    const nowMs = this.#clock.monotonicMs()
    const expiresAtMs = this.#clock.wallMs() + lifeMs
    const held = { actor, expiresAtMs, csrfHash: hashToken(csrf), lastSeenMs: nowMs, endsMs: nowMs + lifeMs }
    for (const oldest of this.#held.keys()) {
      if (this.#held.size < sessionsMax) break
      this.#held.delete(oldest)
    }
    this.#held.set(keyOf(cookie), held)
    return { cookie, csrf, session: held }
  }

  /** The session of a cookie and its secret. Whoever has the cookie alone does not keep the session alive either. */
  find(cookie: string, csrf: string): Session | undefined {
    const key = keyOf(cookie)
    const held = this.#held.get(key)
    if (held === undefined || !tokenMatches(csrf, held.csrfHash)) return undefined
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
