// Waits for one thing at a time that takes a while to make.
import type { Late, Made } from '../translator.ts'

export interface LateEnds<Value> {
  onMade(made: Made<Value>): void
  /** Called with what was thrown, by `onMade` as well. */
  onBug(error: unknown): void
}

export class LateWait {
  #awaited: Pick<Late<unknown>, 'stop'> | undefined

  get isWaiting(): boolean {
    return this.#awaited !== undefined
  }

  /** Nothing is called once the wait has been stopped. */
  begin<Value>(late: Late<Value>, ends: LateEnds<Value>): void {
    this.#awaited = late
    const end = (step: () => void) => {
      if (this.#awaited !== late) return
      this.#awaited = undefined
      try {
        step()
      } catch (error) {
        ends.onBug(error)
      }
    }
    late.start().then(
      (made) => end(() => ends.onMade(made)),
      (error: unknown) => end(() => ends.onBug(error)),
    )
  }

  stop(): void {
    this.#awaited?.stop()
    this.#awaited = undefined
  }
}
