// Under latency routing: which part of a route's requests each of its targets gets. Shares are as the targets are fast, so
// that a slower one still gets some, is measured, and comes back when it recovers; nobody gets nothing. They are worked out
// anew ten times a second at most, into the same arrays, and numbered: a decision is its request's id and a table's number.
import type { LatencyEstimate, LatencySignal } from './latency-estimate.ts'

export interface MeasuredTarget {
  readonly weight: number
  readonly latency: LatencyEstimate
}

const freshMs = 100
/** A target is not called slower than this many times the fastest: its share stays large enough to be measured. */
const slownessMax = 20
/** With less than this nothing is known. */
const countMin = 0.1
/** What an average target counts beside what is known of this one: the less that is, the nearer to the average. */
const neutralCount = 0.5

export class WeightTable {
  readonly #targets: readonly MeasuredTarget[]
  readonly #signal: LatencySignal
  /** Parts of one. */
  readonly shares: Float64Array
  #workedOutMs = Number.NEGATIVE_INFINITY
  #revision = 0

  constructor(targets: readonly MeasuredTarget[], measure: LatencySignal) {
    this.#targets = targets
    this.#signal = measure
    this.shares = new Float64Array(targets.length)
  }

  /** Counts up with each working out. */
  get revision(): number {
    return this.#revision
  }

  refresh(nowMs: number): void {
    if (nowMs - this.#workedOutMs < freshMs) return
    this.#workedOutMs = nowMs
    this.#revision++
    const neutralUs = this.#neutralUs(nowMs)
    const fastestUs = this.#estimate(nowMs, neutralUs)
    this.#assignShares(nowMs, fastestUs * slownessMax)
  }

  /** Where `draw` falls. */
  pick(draw: number): number {
    const { shares } = this
    let left = draw
    for (let i = 0; i < shares.length; i++) {
      left -= shares[i]!
      if (left < 0) return i
    }
    return shares.length - 1
  }

  /** The same among those at `indices`: an index into them. */
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

  /** The harmonic mean of what is known: who is not known gets the share of an average target. 1 when nothing is known. */
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

  /** Into `shares`; returns the least. */
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
