// What an attempt needs and has to wait for.
import type { Result } from '../../../shared/result.ts'
import type { Ineligible } from '../errors/gateway-error.ts'
import type { Unmade } from '../translators/translator.ts'

export interface LatePreparation<Prepared> {
  start(): Promise<Made<Prepared>>
  /** Nobody waits any more. */
  stop(): void
}

export type Made<Prepared> = Result<Prepared, Ineligible | Unmade>

/** Waits for one preparation at a time. */
export class PreparationWait<Prepared> {
  #awaited: LatePreparation<Prepared> | undefined

  get isWaiting(): boolean {
    return this.#awaited !== undefined
  }

  /** `onMade` is not called once the wait has been stopped. */
  begin(
    late: LatePreparation<Prepared>,
    onMade: (made: Made<Prepared>) => void,
    onBug: (error: unknown) => void,
  ): void {
    this.#awaited = late
    const told = (made: Made<Prepared>) => {
      if (this.#awaited !== late) return
      this.#awaited = undefined
      onMade(made)
    }
    late.start().then(told).catch(onBug)
  }

  stop(): void {
    this.#awaited?.stop()
    this.#awaited = undefined
  }
}
