// One run of one process. Everything that reaches the process from outside (timers, answers, messages) passes through
// its life: a paused process gets it when it resumes, and a dead one gets nothing, whatever its code still waits for.
import type { Clock, Timer } from '../../../shared/clock.ts'
import type { Timeline } from './timeline.ts'

export class Life {
  #over = false
  #paused = false
  #backlog: (() => void)[] = []
  readonly #mourners: (() => void)[] = []

  get isOver(): boolean {
    return this.#over
  }

  get isPaused(): boolean {
    return this.#paused
  }

  /** Runs `act` now, after the pause, or never when the process is dead. */
  reach(act: () => void): void {
    if (this.#over) return
    if (this.#paused) this.#backlog.push(act)
    else act()
  }

  end(): void {
    this.#over = true
    this.#backlog = []
    for (const mourn of this.#mourners.splice(0)) mourn()
  }

  /** Calls `mourn` when the process ends. Code outside that waits for an answer of the process needs it. */
  onEnd(mourn: () => void): void {
    this.#mourners.push(mourn)
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    for (const act of this.#backlog.splice(0)) this.reach(act)
  }
}

/** A node's clock. Its wall clock is off by `skewMs`, which may change at any time; its monotonic clock begins at any
 *  number and runs at a rate of its own. */
export class NodeClock implements Clock {
  readonly #timeline: Timeline
  readonly #life: Life
  readonly #beganMs: number
  readonly #rate: number
  skewMs: number

  constructor(timeline: Timeline, life: Life, { beganMs, skewMs, rate }: ClockOptions) {
    this.#timeline = timeline
    this.#life = life
    this.#beganMs = beganMs
    this.#rate = rate
    this.skewMs = skewMs
  }

  wallMs(): number {
    return epochMs + this.#timeline.nowMs + this.skewMs
  }

  monotonicMs(): number {
    return this.#beganMs + this.#timeline.nowMs * this.#rate
  }

  after(ms: number, run: () => void): Timer {
    let cancelled = false
    const timer = this.#timeline.after(ms / this.#rate, () => this.#life.reach(() => (cancelled ? undefined : run())))
    return {
      cancel: () => {
        cancelled = true
        timer.cancel()
      },
    }
  }

  /** Repeats as Node does: ticks that came due during a pause come once. */
  every(ms: number, run: () => void): Timer {
    let timer: Timer
    const arm = (): void => {
      timer = this.after(ms, () => {
        arm()
        run()
      })
    }
    arm()
    return { cancel: () => timer.cancel() }
  }
}

interface ClockOptions {
  beganMs: number
  skewMs: number
  rate: number
}

const epochMs = 1_700_000_000_000
