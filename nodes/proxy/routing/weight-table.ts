// The traffic shares of a route's targets under latency routing. A share is proportional to the target's speed and never 0, so
// that a slow target is still measured and gets its traffic back when it recovers. Shares are computed ten times a second at
// most, into the same array, and numbered: a request's id and the number of the table determine a decision.
import type { LatencyEstimate, LatencySignal } from './latency-estimate.ts'

export interface MeasuredTarget {
  readonly weight: number
  readonly latency: LatencyEstimate
}

const freshMs = 100
/** A target counts as at most this many times slower than the fastest, so that its share stays large enough to be measured. */
const slownessMax = 20
/** An estimate that is based on fewer measurements counts as unknown. */
const countMin = 0.1
/** Number of measurements that the average target counts as beside a target's own: with few of its own, a target counts as
 *  nearly average. */
const neutralCount = 0.5

export class WeightTable {
  readonly #targets: readonly MeasuredTarget[]
  readonly #signal: LatencySignal
  /** The share of each target, in their order: fractions that add up to 1. */
  readonly shares: Float64Array
  #computedMs = Number.NEGATIVE_INFINITY
  #revision = 0

  constructor(targets: readonly MeasuredTarget[], signal: LatencySignal) {
    this.#targets = targets
    this.#signal = signal
    this.shares = new Float64Array(targets.length)
  }

  /** The number of the table, which increases with each computation. */
  get revision(): number {
    return this.#revision
  }

  refresh(nowMs: number): void {
    if (nowMs - this.#computedMs < freshMs) return
    this.#computedMs = nowMs
    this.#revision++
    const neutralUs = this.#neutralUs(nowMs)
    const fastestUs = this.#estimate(nowMs, neutralUs)
    this.#assignShares(nowMs, fastestUs * slownessMax)
  }

  /** Index of the target that `draw`, a number in [0, 1), selects. */
  pick(draw: number): number {
    const { shares } = this
    let left = draw
    for (let i = 0; i < shares.length; i++) {
      left -= shares[i]!
      if (left < 0) return i
    }
    return shares.length - 1
  }

  /** Selects among the targets at `indices`, and returns an index into `indices`. */
  pickAmong(draw: number, indices: readonly number[]): number {
    let sum = 0
    for (const index of indices) sum += this.shares[index]!
    let left = draw * sum
    for (let i = 0; i < indices.length; i++) {
      left -= this.shares[indices[i]!]!
      if (left < 0) return i
    }
    return indices.length - 1
  }

  /** The harmonic mean of the known latencies: an unknown target gets the share of an average one. 1 when nothing is known. */
  #neutralUs(nowMs: number): number {
    let known = 0
    let speeds = 0
    for (const { latency } of this.#targets) {
      if (this.#count(latency, nowMs) === 0) continue
      known++
      speeds += 1 / Math.max(1, latency.estimateUs(this.#signal, nowMs))
    }
    return known === 0 ? 1 : known / speeds
  }

  /** Writes the latencies into `shares` and returns the lowest. */
  #estimate(nowMs: number, neutralUs: number): number {
    let least = Number.POSITIVE_INFINITY
    for (const [i, { latency }] of this.#targets.entries()) {
      const count = this.#count(latency, nowMs)
      const known = count * latency.estimateUs(this.#signal, nowMs)
      const us = Math.max(1, (known + neutralCount * neutralUs) / (count + neutralCount))
      this.shares[i] = us
      if (us < least) least = us
    }
    return least
  }

  #count(latency: LatencyEstimate, nowMs: number): number {
    const count = latency.count(this.#signal, nowMs)
    return count < countMin ? 0 : count
  }

  #assignShares(nowMs: number, slowestUs: number): void {
    let sum = 0
    for (const [i, { weight, latency }] of this.#targets.entries()) {
      const part = (weight * latency.multiplier(nowMs)) / Math.min(slowestUs, this.shares[i]!)
      this.shares[i] = part
      sum += part
    }
    for (let i = 0; i < this.shares.length; i++) this.shares[i]! /= sum
  }
}
