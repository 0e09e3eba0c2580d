// How long the answers of models are: the length that four of five of the last answers did not exceed.

const kept = 400
/** Answers between two looks at them: fewer as long as few are known. */
const relearnEvery = 32
const relearnEveryAtFirst = 16
const unknownLength = 512
const quantile = 0.8
/** Models whose answers are remembered. */
const modelsMax = 1_000

interface Lengths {
  readonly last: Float32Array
  count: number
  expected: number
}

export class OutputLengths {
  readonly #models = new Map<string, Lengths>()
  readonly #scratch = new Float32Array(kept)

  /** The output tokens to expect of an answer of the model. */
  expected(model: string): number {
    return this.#models.get(model)?.expected ?? unknownLength
  }

  learn(model: string, tokens: number): void {
    const lengths = this.#models.get(model) ?? this.#add(model)
    lengths.last[lengths.count % kept] = tokens
    lengths.count++
    const every = lengths.count < kept ? relearnEveryAtFirst : relearnEvery
    if (lengths.count % every !== 0) return
    const known = Math.min(kept, lengths.count)
    this.#scratch.set(lengths.last)
    lengths.expected = nthSmallest(this.#scratch, known, Math.floor((known - 1) * quantile))
  }

  #add(model: string): Lengths {
    const oldest = this.#models.keys().next().value
    if (this.#models.size >= modelsMax && oldest !== undefined) this.#models.delete(oldest)
    const lengths = { last: new Float32Array(kept), count: 0, expected: unknownLength }
    this.#models.set(model, lengths)
    return lengths
  }
}

/** The number that would stand at `rank` if the first `count` values were sorted (Hoare's selection, which moves them). */
export function nthSmallest(values: Float32Array, count: number, rank: number): number {
  let [low, high] = [0, count - 1]
  while (low < high) {
    const pivot = values[(low + high) >>> 1] ?? 0
    let [left, right] = [low, high]
    while (left <= right) {
      while ((values[left] ?? 0) < pivot) left++
      while ((values[right] ?? 0) > pivot) right--
      if (left > right) break
      const moved = values[left] ?? 0
      values[left++] = values[right] ?? 0
      values[right--] = moved
    }
    if (rank <= right) high = right
    else if (rank >= left) low = left
    else return pivot
  }
  return values[rank] ?? 0
}
