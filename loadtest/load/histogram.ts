// Latencies without loss of the tail and without a list of them: log-linear buckets in the manner of HdrHistogram
// (Gil Tene), three significant digits, 100 ns to about 100 minutes.

const unitMs = 1e-4
const linearUnits = 2_048
const halfUnits = linearUnits / 2
const exponentMax = 26

export interface LatencySummary {
  count: number
  /** All in microseconds. */
  p50: number
  p90: number
  p99: number
  p999: number
  max: number
}

export class Histogram {
  readonly #counts = new Float64Array(linearUnits + exponentMax * halfUnits)
  #count = 0
  #maxMs = 0

  record(ms: number): void {
    this.#count++
    if (ms > this.#maxMs) this.#maxMs = ms
    const slot = bucketOf(Math.max(0, Math.round(ms / unitMs)))
    this.#counts[slot] = this.#counts[slot]! + 1
  }

  add(other: Histogram): void {
    for (let slot = 0; slot < this.#counts.length; slot++) {
      this.#counts[slot] = this.#counts[slot]! + other.#counts[slot]!
    }
    this.#count += other.#count
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs)
  }

  /** Milliseconds that `share` (0 to 1) of the values do not exceed; 0 when nothing was recorded. */
  quantileMs(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#count))
    let seen = 0
    for (let slot = 0; slot < this.#counts.length; slot++) {
      seen += this.#counts[slot]!
      if (seen >= rank) return Math.min(highestOf(slot) * unitMs, this.#maxMs)
    }
    return this.#maxMs
  }

  summary(): LatencySummary {
    const micros = (share: number) => this.quantileMs(share) * 1_000
    const [p50, p90, p99, p999] = [micros(0.5), micros(0.9), micros(0.99), micros(0.999)]
    return { count: this.#count, p50, p90, p99, p999, max: this.#maxMs * 1_000 }
  }
}

function bucketOf(units: number): number {
  if (units < linearUnits) return units
  const exponent = Math.min(exponentMax, Math.floor(Math.log2(units)) - 10)
  const within = Math.min(linearUnits - 1, Math.floor(units / 2 ** exponent)) - halfUnits
  return linearUnits + (exponent - 1) * halfUnits + within
}

/** The largest number of units that falls into the bucket. */
function highestOf(slot: number): number {
  if (slot < linearUnits) return slot
  const exponent = Math.floor((slot - linearUnits) / halfUnits) + 1
  const within = ((slot - linearUnits) % halfUnits) + halfUnits
  return (within + 1) * 2 ** exponent - 1
}
