// Attempts whose request has not come yet. Nearly always it comes in the same batch; where it does not, they are stored with the
// commit, because their sender is told that they are safe.
import type { AttemptRecord } from '../../../shared/telemetry/records.ts'
import { requestName } from './money-event.ts'

export interface WaitingAttempt {
  readonly attempt: AttemptRecord
  readonly arrivedMs: number
}

export class WaitingAttempts {
  readonly #byRequest = new Map<string, WaitingAttempt[]>()
  /** Requests that have stored attempts. */
  readonly #stored = new Set<string>()
  /** Requests whose stored attempts differ from these. */
  readonly #changed = new Set<string>()

  /** Takes what an earlier run stored, without what came since. */
  restore(name: string, waiting: readonly WaitingAttempt[]): void {
    this.#stored.add(name)
    if (!this.#byRequest.has(name) && !this.#changed.has(name)) this.#byRequest.set(name, [...waiting])
  }

  add(waiting: WaitingAttempt): void {
    const name = requestName(waiting.attempt)
    const known = this.#byRequest.get(name)
    if (known === undefined) this.#byRequest.set(name, [waiting])
    else known.push(waiting)
    this.#changed.add(name)
  }

  /** Attempts of a request, which wait no more. */
  take(name: string): readonly WaitingAttempt[] {
    const known = this.#byRequest.get(name)
    if (known === undefined) return none
    this.#byRequest.delete(name)
    if (this.#stored.has(name)) this.#changed.add(name)
    else this.#changed.delete(name)
    return known
  }

  /** Takes those that have waited since before a time. */
  takeOlder(arrivedMs: number): readonly (readonly WaitingAttempt[])[] {
    const old = [...this.#byRequest].filter(([, waiting]) => waiting.every((one) => one.arrivedMs < arrivedMs))
    return old.map(([name]) => this.take(name))
  }

  /** What differs from what is stored: the attempts that wait for each request; none where none wait any more. */
  *changes(): Generator<[name: string, waiting: readonly WaitingAttempt[]]> {
    for (const name of this.#changed) yield [name, this.#byRequest.get(name) ?? none]
  }

  get isChanged(): boolean {
    return this.#changed.size > 0
  }

  committed(): void {
    for (const name of this.#changed) {
      if (this.#byRequest.has(name)) this.#stored.add(name)
      else this.#stored.delete(name)
    }
    this.#changed.clear()
  }

  forget(): void {
    this.#byRequest.clear()
    this.#stored.clear()
    this.#changed.clear()
  }
}

const none: readonly WaitingAttempt[] = []
