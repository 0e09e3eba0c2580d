// How long the answers of models are: the length that four of five of the last answers did not exceed.

const kept = 64
const relearnEvery = 16
const unknownLength = 512
const quantile = 0.8
/** Models whose answers are remembered. */
const modelsMax = 1_000

interface Lengths {
  readonly last: Float64Array
  count: number
  expected: number
}

export class OutputLengths {
  readonly #models = new Map<string, Lengths>()

  /** The output tokens to expect of an answer of the model. */
  expected(model: string): number {
    return this.#models.get(model)?.expected ?? unknownLength
  }

  learn(model: string, tokens: number): void {
    const lengths = this.#models.get(model) ?? this.#add(model)
    lengths.last[lengths.count % kept] = tokens
    lengths.count++
    if (lengths.count < relearnEvery || lengths.count % relearnEvery !== 0) return
    const sorted = lengths.last.slice(0, Math.min(kept, lengths.count)).sort()
    lengths.expected = sorted[Math.floor((sorted.length - 1) * quantile)] ?? unknownLength
  }

  #add(model: string): Lengths {
    const oldest = this.#models.keys().next().value
    if (this.#models.size >= modelsMax && oldest !== undefined) this.#models.delete(oldest)
    const lengths = { last: new Float64Array(kept), count: 0, expected: unknownLength }
    this.#models.set(model, lengths)
    return lengths
  }
}
