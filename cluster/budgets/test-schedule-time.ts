// Virtual time for schedules of a whole cluster: one queue of events, and processes that die, stand still and whose wall clocks are wrong.
import type { Clock, Timer } from '../../shared/clock.ts'

interface Event {
  readonly dueMs: number
  readonly run: () => void
  isCancelled: boolean
}

export const startMs = 1_700_000_000_000

export class ScheduleTime {
  nowMs = 0
  readonly #events: Event[] = []

  at(dueMs: number, run: () => void): Timer {
    const event = { dueMs: Math.max(dueMs, this.nowMs), run, isCancelled: false }
    let [low, high] = [0, this.#events.length]
    while (low < high) {
      const middle = (low + high) >> 1
      // The queue is kept from the last to the first; of two at the same time the later comes later.
      if ((this.#events[middle] as Event).dueMs > event.dueMs) low = middle + 1
      else high = middle
    }
    this.#events.splice(low, 0, event)
    return {
      cancel: () => {
        event.isCancelled = true
      },
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => void this.at(this.nowMs + ms, wake))
  }

  /** Runs events until a time, each with all that follows from it in the same turn. */
  async runUntil(endMs: number): Promise<void> {
    for (;;) {
      const next = this.#events.at(-1)
      if (next === undefined || next.dueMs > endMs) break
      this.#events.pop()
      if (next.isCancelled) continue
      this.nowMs = next.dueMs
      next.run()
      await new Promise((turn) => setImmediate(turn))
    }
    this.nowMs = endMs
  }
}

/** What a process has of time. */
export class ScheduleLife implements Clock {
  isAlive = true
  /** Until then a process that was stopped stands still: what is due waits. */
  stillUntilMs = 0
  /** The difference of its wall clock. */
  skewMs = 0
  readonly #time: ScheduleTime

  constructor(time: ScheduleTime) {
    this.#time = time
  }

  wallMs(): number {
    return startMs + this.#time.nowMs + this.skewMs
  }

  monotonicMs(): number {
    return this.#time.nowMs
  }

  /** Lets the process do something when it can; a process that is dead does nothing. */
  does(run: () => void): void {
    if (!this.isAlive) return
    if (this.#time.nowMs >= this.stillUntilMs) run()
    else this.#time.at(this.stillUntilMs, () => this.does(run))
  }

  after(ms: number, run: () => void): Timer {
    return this.#time.at(this.#time.nowMs + ms, () => this.does(run))
  }

  every(ms: number, run: () => void): Timer {
    let isCancelled = false
    const next = () => {
      if (isCancelled || !this.isAlive) return
      // A process that stood still has one turn of a timer to make up for, not all.
      this.after(ms, next)
      run()
    }
    this.after(ms, next)
    return {
      cancel: () => {
        isCancelled = true
      },
    }
  }
}
