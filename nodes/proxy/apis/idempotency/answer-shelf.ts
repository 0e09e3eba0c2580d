// The answers that this proxy keeps for idempotency keys. The store keeps entries for much longer than an idempotency key holds, so the
// proxy that wrote them erases them: after the window, and the oldest ones when they take too much.
import type { StateKey, StateStore } from '../../../../cluster/state/state-store.ts'
import { bounds } from '../../../../shared/bounds.ts'
import type { Clock, Timer } from '../../../../shared/clock.ts'
import type { Places } from './kept-answer.ts'

export interface ShelfOptions {
  readonly store: StateStore
  readonly clock: Clock
  readonly windowMs: number
}

interface Kept {
  readonly places: Places
  readonly bytes: number
  readonly untilMs: number
}

const sweepMs = 10_000

export class AnswerShelf {
  readonly #options: ShelfOptions
  /** In the order in which they were kept, by the id of the claim. */
  readonly #kept = new Map<string, Kept>()
  #bytes = 0
  #timer: Timer | undefined
  #sweeping = false

  constructor(options: ShelfOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = this.#options.clock.every(sweepMs, () => void this.sweep())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  /** Stores an answer. False: it could not be stored. */
  async keep(places: Places, answer: Uint8Array): Promise<boolean> {
    const { store, clock, windowMs } = this.#options
    const stored = await store.put(places.answer, answer)
    if (!stored.ok) return false
    this.#kept.set(nameOf(places.claim), { places, bytes: answer.length, untilMs: clock.monotonicMs() + windowMs })
    this.#bytes += answer.length
    return true
  }

  /** Erases what is past its time, and the oldest entries beyond the bound. */
  async sweep(): Promise<void> {
    if (this.#sweeping) return
    this.#sweeping = true
    for (const [name, one] of this.#kept) {
      if (!this.#isDue(one)) break
      this.#kept.delete(name)
      this.#bytes -= one.bytes
      await this.erase(one.places)
    }
    this.#sweeping = false
  }

  /** The answer goes first: a claim without one is a request that has begun. */
  async erase({ claim, answer }: Places): Promise<void> {
    const { store } = this.#options
    await store.delete(answer)
    await store.delete(claim)
  }

  #isDue({ untilMs }: Kept): boolean {
    const isFull = this.#bytes > bounds.idempotentBytesMax || this.#kept.size > bounds.idempotentAnswersMax
    return isFull || untilMs <= this.#options.clock.monotonicMs()
  }
}

function nameOf({ owner, id }: StateKey): string {
  return `${owner} ${id}`
}
