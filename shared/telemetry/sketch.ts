// A DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch", VLDB 2019) with a fixed number of
// bins. Bin i counts the values in (γ^(i-1), γ^i]; a quantile is off by at most (γ-1)/(γ+1), about 1 % of the value.
// Merging adds bins, so any order and any partition of the merges gives the same counts.
import { decode, encode } from '@msgpack/msgpack'

const gamma = 1.02
const binsCount = 1_024
const perLog = 1 / Math.log(gamma)
const formVersion = 1

/** Holds values from 1 to about 6 × 10⁸ (microseconds: ten minutes); others are counted in the first or last bin. */
export class Sketch {
  /** Counts by bin. `wide` ones cannot overflow; they are for sketches that live as long as the process. */
  readonly #bins: Uint32Array | Float64Array
  #zeros = 0
  #count = 0
  #sum = 0

  constructor(size: 'narrow' | 'wide' = 'narrow') {
    this.#bins = size === 'wide' ? new Float64Array(binsCount) : new Uint32Array(binsCount)
  }

  get count(): number {
    return this.#count
  }

  get sum(): number {
    return this.#sum
  }

  add(value: number): void {
    this.#count++
    if (!(value > 0)) {
      this.#zeros++
      return
    }
    if (value !== Number.POSITIVE_INFINITY) this.#sum += value
    this.#bins[binOf(value)]!++
  }

  merge(other: Sketch): void {
    this.#zeros += other.#zeros
    this.#count += other.#count
    this.#sum += other.#sum
    addBins(this.#bins, other.#bins)
  }

  /** The difference to `before`; undefined when a count has decreased. */
  since(before: Sketch | undefined): Sketch | undefined {
    const added = new Sketch('wide')
    added.merge(this)
    if (before === undefined) return added
    added.#zeros -= before.#zeros
    added.#count -= before.#count
    added.#sum = Math.max(0, added.#sum - before.#sum)
    let isLess = added.#zeros < 0 || added.#count < 0
    for (let bin = 0; bin < binsCount; bin++) {
      added.#bins[bin]! -= before.#bins[bin]!
      isLess ||= added.#bins[bin]! < 0
    }
    return isLess ? undefined : added
  }

  clear(): void {
    this.#bins.fill(0)
    this.#zeros = 0
    this.#count = 0
    this.#sum = 0
  }

  /** `part` is from 0 to 1. Undefined for an empty sketch. */
  quantile(part: number): number | undefined {
    if (this.#count === 0) return undefined
    // Nearest rank: the smallest value that at least `part` of all values do not exceed.
    const rank = Math.max(1, Math.ceil(part * this.#count))
    let seen = this.#zeros
    if (seen >= rank) return 0
    for (let bin = 0; bin < binsCount; bin++) {
      seen += this.#bins[bin]!
      if (seen >= rank) return middleOf(bin)
    }
    return middleOf(binsCount - 1)
  }

  /** The number of values up to `value`, exact but for values within 1 % of it. */
  rank(value: number): number {
    if (value < 0) return 0
    let seen = this.#zeros
    if (value === 0) return seen
    const last = binOf(value)
    for (let bin = 0; bin <= last; bin++) seen += this.#bins[bin]!
    return seen
  }

  /** Encodes msgpack: `[version, zeros, sum, then for each bin in use: distance from the last one, count]`. */
  encode(): Uint8Array {
    const form = [formVersion, this.#zeros, this.#sum]
    let last = 0
    for (let bin = 0; bin < binsCount; bin++) {
      const count = this.#bins[bin]!
      if (count === 0) continue
      form.push(bin - last, count)
      last = bin
    }
    return encode(form)
  }

  /** Decodes a sketch; undefined for bytes of another form. */
  static decode(bytes: Uint8Array): Sketch | undefined {
    const form = numbersOf(bytes) ?? []
    const [version, zeros, sum] = form
    if (version !== formVersion || zeros === undefined || sum === undefined || form.length % 2 === 0) return undefined
    const sketch = new Sketch('wide')
    sketch.#zeros = zeros
    sketch.#sum = sum
    sketch.#count = zeros
    let bin = 0
    for (let i = 3; i < form.length; i += 2) {
      const count = form[i + 1] ?? 0
      bin += form[i] ?? 0
      if (!(Number.isInteger(bin) && bin >= 0 && bin < binsCount && count > 0)) return undefined
      sketch.#bins[bin]! += count
      sketch.#count += count
    }
    return sketch
  }
}

function binOf(value: number): number {
  const bin = Math.ceil(Math.log(value) * perLog)
  return bin <= 0 ? 0 : bin >= binsCount ? binsCount - 1 : bin
}

function middleOf(bin: number): number {
  return (2 * gamma ** bin) / (gamma + 1)
}

/** A merge is this loop, so it is a function of its own over typed arrays. */
function addBins(into: Uint32Array | Float64Array, from: Uint32Array | Float64Array): void {
  for (let bin = 0; bin < binsCount; bin++) into[bin]! += from[bin]!
}

function numbersOf(bytes: Uint8Array): number[] | undefined {
  try {
    const form = decode(bytes)
    return Array.isArray(form) && form.every((item) => typeof item === 'number') ? form : undefined
  } catch {
    return undefined
  }
}
