// Charges a stream at its limits while it runs, every so many tokens.
import type { StreamWatch } from '../accounting/outcome.ts'
import type { ExhaustedError } from '../errors/gateway-error.ts'
import type { HeldReservations, SoFar } from './held-reservations.ts'

/** Tokens of output between two charges. */
const stepTokens = 64

export class LimitWatch implements StreamWatch {
  readonly mayCut: boolean
  readonly #held: readonly HeldReservations[]
  readonly #facts: Omit<SoFar, 'output'>
  readonly #onCut: (error: ExhaustedError) => void
  #nextAt = stepTokens

  /** `onCut` is told of each stream that ends. */
  constructor(held: readonly HeldReservations[], facts: Omit<SoFar, 'output'>, onCut: (error: ExhaustedError) => void) {
    this.#held = held
    this.mayCut = held.some(({ mayCut }) => mayCut)
    this.#facts = facts
    this.#onCut = onCut
  }

  look(output: number): ExhaustedError | undefined {
    if (output < this.#nextAt) return undefined
    this.#nextAt = output + stepTokens
    const { input, price } = this.#facts
    let exhausted: ExhaustedError | undefined
    for (const held of this.#held) {
      const error = held.topUp({ input, output, price })
      exhausted ??= error
    }
    if (exhausted !== undefined) this.#onCut(exhausted)
    return exhausted
  }
}
