// What this node has decided for others, by the ids of their questions, so that a question that comes twice is decided once and one
// that is taken back takes nothing, in whichever order the two come.
import type { Charge } from './bucket-rule.ts'

export interface Decided {
  /** The answer: 0 when the amount is taken, undefined when the question was not understood. */
  readonly waitMs: number | undefined
  /** What was taken. */
  readonly taken?: { readonly charge: Charge; readonly amount: number }
}

/** Longer than any question, its repetition or the word about it is on the way. */
const keptMs = 30_000
/** 5,000 questions a second for the time that they are kept; beyond it the oldest are forgotten. */
const keptMax = 150_000

export class DecidedCharges {
  readonly #decided = new Map<string, { readonly decided: Decided | 'void'; readonly atMs: number }>()

  /** The answer to a question: that of the first time where it comes again. */
  decide(id: string, nowMs: number, decide: () => Decided): number | undefined {
    const known = this.#decided.get(id)?.decided
    if (known === 'void') return undefined
    if (known !== undefined) return known.waitMs
    const decided = decide()
    this.#keep(id, decided, nowMs)
    return decided.waitMs
  }

  /** Takes a question back. What was taken for it is returned once. */
  takeBack(id: string, nowMs: number): Decided['taken'] {
    const known = this.#decided.get(id)?.decided
    this.#keep(id, 'void', nowMs)
    return known === undefined || known === 'void' ? undefined : known.taken
  }

  #keep(id: string, decided: Decided | 'void', atMs: number): void {
    if (id === '') return
    this.#decided.delete(id)
    this.#decided.set(id, { decided, atMs })
    for (const [oldest, { atMs: oldestMs }] of this.#decided) {
      if (atMs - oldestMs < keptMs && this.#decided.size <= keptMax) break
      this.#decided.delete(oldest)
    }
  }
}
