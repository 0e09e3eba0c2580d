// Runs the check of the history in two parts: the first before anything is served, the rest in the background.
import type { Clock } from '../../../shared/clock.ts'
import type { LogRefusal } from '../log/config-log.ts'
import { isPassing } from './follow-refusal.ts'
import type { HistoryCheck } from './history-check.ts'

export interface HistoryWatchOptions {
  clock: Clock
  /** Returns false to end the background check, because the log is already known to be damaged. */
  isNeeded: () => boolean
  /** Called with the damage that the background check finds. */
  onDamage: (refusal: LogRefusal) => void
}

export class HistoryWatch {
  readonly #options: HistoryWatchOptions
  #check: HistoryCheck | undefined
  #running: Promise<void> | undefined
  #endPause: (() => void) | undefined
  #stopped = false

  constructor(options: HistoryWatchOptions) {
    this.#options = options
  }

  /** Runs the first part of the check, which is all of it for a short history. Returns the damage, if there is any. */
  async begin(check: HistoryCheck): Promise<LogRefusal | undefined> {
    const refusal = await check.run(firstPartMs)
    const isDamaged = refusal !== undefined && !isPassing(refusal)
    this.#check = isDamaged ? undefined : check
    return isDamaged ? refusal : undefined
  }

  /** Starts the rest of the check in the background. */
  goOn(): void {
    this.#running = this.#run(this.#check)
  }

  stop(): void {
    this.#stopped = true
    this.#endPause?.()
  }

  /** Resolves once the background check has ended. */
  async ended(): Promise<void> {
    await this.#running
  }

  /** Uses a fifth of this thread's time, because the thread may have requests to serve. */
  async #run(check: HistoryCheck | undefined): Promise<void> {
    while (check !== undefined && !check.isDone && !this.#stopped && this.#options.isNeeded()) {
      await this.#pause(pauseMs)
      const refusal = this.#stopped ? undefined : await check.run(sliceMs)
      if (refusal !== undefined && !isPassing(refusal)) this.#options.onDamage(refusal)
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(ms, resolve)
      this.#endPause = () => {
        timer.cancel()
        resolve()
      }
    })
  }
}

const firstPartMs = 250
const sliceMs = 4
const pauseMs = 16
