// What keeps a node from being wholly well, told by whoever knows: each part registers a check, and `/readyz` asks them
// all. `unready` means that nothing useful can be answered; `degraded` means it works and somebody should look.
import { bounds } from './bounds.ts'
import type { Clock, Timer } from './clock.ts'

export interface Trouble {
  level: 'degraded' | 'unready'
  /** A sentence; it may name revisions, nodes and files, never a key. */
  reason: string
  /** The age of the trouble, where its teller knows it; else it counts from the first time it was heard. */
  forMs?: number
}

export type ReadinessCheck = () => readonly Trouble[]

export interface Standing {
  status: 'ok' | 'degraded' | 'unready'
  /** Each with the time since when it is so. */
  reasons: string[]
}

/** Reasons remembered with the time they were first heard: one that changes at each look must not fill memory. */
const remembered = 1_000

export class Readiness {
  readonly #clock: Clock
  readonly #checks: ReadinessCheck[] = []
  #sinceMs = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(check: ReadinessCheck): void {
    this.#checks.push(check)
  }

  troubles(): Trouble[] {
    return this.#checks.flatMap((check) => check())
  }

  /** Looks each second, so that a trouble counts from its beginning and not from when somebody asked. */
  watch(): Timer {
    return this.#clock.every(bounds.heartbeatMs, () => void this.look())
  }

  look(): Standing {
    const troubles = this.troubles()
    const nowMs = this.#clock.monotonicMs()
    const earlier = this.#sinceMs
    this.#sinceMs = new Map(
      troubles
        .slice(0, remembered)
        .map(({ reason, forMs }) => [reason, forMs === undefined ? (earlier.get(reason) ?? nowMs) : nowMs - forMs]),
    )
    const isUnready = troubles.some(({ level }) => level === 'unready')
    return {
      status: isUnready ? 'unready' : troubles.length > 0 ? 'degraded' : 'ok',
      reasons: [...this.#sinceMs].map(([reason, sinceMs]) => `${reason} (since ${this.#wallTime(nowMs - sinceMs)})`),
    }
  }

  #wallTime(agoMs: number): string {
    return `${new Date(this.#clock.wallMs() - agoMs).toISOString().slice(0, 19)}Z`
  }
}
