// Logs when a trouble begins and when it is over: an operator who reads the log alone must learn of everything that `/readyz` tells.
import type { Clock } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import type { Trouble } from '../../shared/readiness.ts'

interface Known {
  readonly reason: string
  readonly sinceMs: number
  isTold: boolean
}

/** How often one and the same trouble is logged. */
const againMs = 60_000
const knownMax = 100

export class TroubleLog {
  readonly #clock: Clock
  readonly #notify: Notify
  #known = new Map<string, Known>()
  /** When each was logged last. */
  readonly #toldMs = new Map<string, number>()

  constructor({ clock, notify }: { clock: Clock; notify: Notify }) {
    this.#clock = clock
    this.#notify = notify
  }

  /** Called each second. A trouble is logged when it is still there at the second look. */
  look(troubles: readonly Trouble[]): void {
    const nowMs = this.#clock.monotonicMs()
    const before = this.#known
    this.#known = new Map()
    for (const { reason } of troubles.slice(0, knownMax)) {
      const known = before.get(kindOf(reason))
      if (known !== undefined && !known.isTold) this.#tell(known, reason, nowMs)
      this.#known.set(kindOf(reason), known ?? { reason, sinceMs: nowMs, isTold: false })
    }
    for (const [kind, { reason, sinceMs, isTold }] of before) {
      if (this.#known.has(kind) || !isTold) continue
      this.#notify({ type: 'trouble-over', reason, lastedMs: Math.round(nowMs - sinceMs) })
    }
    for (const [kind, atMs] of this.#toldMs) if (nowMs - atMs >= againMs) this.#toldMs.delete(kind)
  }

  #tell(known: Known, reason: string, nowMs: number): void {
    if (this.#toldMs.has(kindOf(known.reason))) return
    known.isTold = true
    this.#toldMs.set(kindOf(known.reason), nowMs)
    this.#notify({ type: 'trouble', reason })
  }
}

/** The numbers of a sentence may change while the trouble stays; those in names do not. */
function kindOf(reason: string): string {
  return reason.replace(/(?<![\w-])\d+(?![\w-])/g, '0')
}
