// Time and chance are parameters, so that tests need no sleeping and a whole cluster can run from a seed. Only the
// composition roots (`main.ts`, `headgate.ts`) hold the real ones.

export interface Clock {
  /** Milliseconds since the epoch: for records and events, never for deadlines. */
  wallMs(): number
  /** Milliseconds that never step back: for deadlines and durations. */
  monotonicMs(): number
  after(ms: number, run: () => void): Timer
  every(ms: number, run: () => void): Timer
}

export interface Timer {
  cancel(): void
}

/** A number in [0, 1). */
export type Chance = () => number

/** Timers do not keep the process alive: what keeps it alive is an open listener or a running job. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
  every(ms, run) {
    const timer = setInterval(run, ms)
    timer.unref()
    return { cancel: () => clearInterval(timer) }
  },
}

/** A clock that moves only when told to. Timers fire in the order of their due times, then of their creation. */
export class ManualClock implements Clock {
  #nowMs: number
  #timers: { dueMs: number; everyMs: number | undefined; run: () => void; cancelled: boolean }[] = []

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs
  }

  wallMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  after(ms: number, run: () => void): Timer {
    return this.#add(ms, undefined, run)
  }

  every(ms: number, run: () => void): Timer {
    return this.#add(ms, ms, run)
  }

  advance(ms: number): void {
    const endMs = this.#nowMs + ms
    for (;;) {
      const next = this.#earliest(endMs)
      if (next === undefined) break
      this.#nowMs = next.dueMs
      if (next.everyMs === undefined) next.cancelled = true
      else next.dueMs += next.everyMs
      next.run()
    }
    this.#nowMs = endMs
  }

  #add(ms: number, everyMs: number | undefined, run: () => void): Timer {
    const timer = { dueMs: this.#nowMs + ms, everyMs, run, cancelled: false }
    this.#timers.push(timer)
    return {
      cancel: () => {
        timer.cancelled = true
      },
    }
  }

  #earliest(endMs: number) {
    this.#timers = this.#timers.filter((timer) => !timer.cancelled)
    const due = this.#timers.filter((timer) => timer.dueMs <= endMs)
    return due.sort((a, b) => a.dueMs - b.dueMs)[0]
  }
}
