// Watches what a stream costs while it runs. An answer that gets longer than its bound, because a provider ignores the cap or a
// catalogue is wrong, takes more from its hard budgets as long as they have it, and is cut where one of them has not.
import { costOf, type Price } from '../../../../shared/models/price.ts'
import type { StreamWatch } from '../../accounting/outcome.ts'
import type { ExhaustedError } from '../../errors/gateway-error.ts'
import type { LeaseExtension } from './lease-extension.ts'

/** Tokens of output between two looks, those for which more is taken before they come, and those for which it is taken at once. */
const lookTokens = 64
const aheadTokens = 128
const stepTokens = 512
/** The part of the bound below which nothing is looked ahead: an answer that keeps its cap hardly gets beyond it. */
const quietPart = 0.5
const quietTokens = 8

export interface WatchedCost {
  /** What is reserved of every budget. */
  readonly bound: number
  readonly price: Price | undefined
  /** Tokens. */
  readonly input: number
}

type Extension = Pick<LeaseExtension, 'extra' | 'grow'> & {
  readonly lease: { readonly terms: { readonly name: string } }
}

export class BudgetWatch implements StreamWatch {
  readonly mayCut = true
  readonly #extensions: readonly Extension[]
  readonly #cost: WatchedCost
  readonly #onCut: (budget: string) => void
  #nextAt = 0
  /** What had come at the last look, and how much of it in the last read. */
  #lastOutput = 0
  #lastRead = 0

  constructor(extensions: readonly Extension[], cost: WatchedCost, onCut: (budget: string) => void) {
    this.#extensions = extensions
    this.#cost = cost
    this.#onCut = onCut
  }

  look(output: number): ExhaustedError | undefined {
    const read = output - this.#lastOutput
    this.#lastOutput = output
    const next = Math.max(read, this.#lastRead)
    this.#lastRead = read
    return output < this.#nextAt ? undefined : this.#judge(output, next)
  }

  /** `next` are the tokens to expect of the next read: a stream beyond its bound has to end before the budget is overspent. */
  #judge(output: number, next: number): ExhaustedError | undefined {
    if (this.#beyondBound(output) < -quietPart * this.#cost.bound) {
      this.#nextAt = output + quietTokens
      return undefined
    }
    const ahead = this.#beyondBound(output + aheadTokens)
    if (ahead > 0) this.#grow(output, next)
    this.#nextAt = output + (this.#shortOf(ahead) === undefined ? lookTokens : 1)
    const isBeyond = this.#beyondBound(output) > 0
    const short = isBeyond ? this.#shortOf(this.#beyondBound(output + next)) : undefined
    if (short === undefined) return undefined
    const { name } = short.lease.terms
    this.#onCut(name)
    return { type: 'budget-exhausted', name }
  }

  #grow(output: number, next: number): void {
    const amounts = [stepTokens, aheadTokens, next].map((tokens) => this.#beyondBound(output + tokens))
    for (const extension of this.#extensions) extension.grow(amounts)
  }

  /** The first that has taken less than the answer costs beyond its bound. */
  #shortOf(beyond: number): Extension | undefined {
    return this.#extensions.find(({ extra }) => extra < beyond)
  }

  /** What the answer costs beyond its bound with so much output; a cost that nobody knows stays within. */
  #beyondBound(output: number): number {
    const { bound, price, input } = this.#cost
    return Math.ceil(costOf(price, { input, output, cached: 0 }, undefined) ?? 0) - bound
  }
}
