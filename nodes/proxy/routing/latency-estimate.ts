// Estimates the latency of one target from this proxy's own measurements and from the fleet's weights. A fleet weight counts
// like a few measurements, so fresh measurements of this proxy outweigh it. When no weights arrive any more, the last ones
// fade: weights that nobody renews must not steer traffic for ever.
import { FadingMean } from '../../../shared/telemetry/fading-mean.ts'
import { firstUsOf, tokenUsOf } from '../../../shared/telemetry/pace.ts'
import type { AttemptRecord } from '../../../shared/telemetry/records.ts'
import type { TargetWeight } from '../../../shared/telemetry/weights.ts'

/** The quantity that is measured: the time to the first token for streams, the time per token for whole answers. */
export type LatencySignal = 'first' | 'token'

/** Time constant with which own measurements fade: a target that becomes slow must show within seconds. */
const ownTauMs = 8_000
/** Number of answers that count for a busy target. */
const ownMemory = 30
const ownCountMax = 10
/** Number of own measurements that a fleet weight counts as, at most. */
const fleetCountMax = 5
/** Number of publications that may be missed before a fleet weight fades with `silentTauMs`. */
const silentPeriods = 3
const periodMs = 1_000
const silentTauMs = 10_000

export class LatencyEstimate {
  readonly #own = { first: new FadingMean(ownTauMs, ownMemory), token: new FadingMean(ownTauMs, ownMemory) }
  readonly #fleetUs = { first: 0, token: 0 }
  readonly #fleetCount = { first: 0, token: 0 }
  #multiplier = 1
  #heardMs = Number.NEGATIVE_INFINITY

  /** Takes the measurements of an attempt that has ended. It costs a few additions. */
  learn(attempt: AttemptRecord, nowMs: number): void {
    note(this.#own.first, firstUsOf(attempt), nowMs)
    note(this.#own.token, tokenUsOf(attempt), nowMs)
  }

  applyFleetWeight(weight: TargetWeight, nowMs: number): void {
    this.#fleetUs.first = weight.firstUs
    this.#fleetUs.token = weight.tokenUs
    this.#fleetCount.first = Math.min(fleetCountMax, weight.firstCount)
    this.#fleetCount.token = Math.min(fleetCountMax, weight.tokenCount)
    this.#multiplier = weight.multiplier
    this.#heardMs = nowMs
  }

  /** Number of measurements that the estimate is based on, 0 when nothing is known. */
  count(signal: LatencySignal, nowMs: number): number {
    return this.#ownCount(signal, nowMs) + this.#fleetCount[signal] * this.#trust(nowMs)
  }

  /** The estimate in microseconds, 0 where nothing is known. */
  estimateUs(signal: LatencySignal, nowMs: number): number {
    const own = this.#ownCount(signal, nowMs)
    const fleet = this.#fleetCount[signal] * this.#trust(nowMs)
    return own + fleet === 0 ? 0 : (this.#own[signal].mean * own + this.#fleetUs[signal] * fleet) / (own + fleet)
  }

  /** The publisher's factor for the weight of the target. It is never 0: a publisher can send less traffic, but not none. */
  multiplier(nowMs: number): number {
    return 1 + (Math.max(multiplierMin, this.#multiplier) - 1) * this.#trust(nowMs)
  }

  #ownCount(signal: LatencySignal, nowMs: number): number {
    return Math.min(ownCountMax, this.#own[signal].weightAt(nowMs))
  }

  #trust(nowMs: number): number {
    const silentMs = nowMs - this.#heardMs - silentPeriods * periodMs
    return silentMs <= 0 ? 1 : Math.exp(-silentMs / silentTauMs)
  }
}

const multiplierMin = 0.05

/** Adds a value to a mean. A value far above the mean raises it at once, a value far below does not lower it at once: traffic
 *  to a slow target costs more than a fast target without traffic. */
function note(mean: FadingMean, valueUs: number, nowMs: number): void {
  if (valueUs === 0) return
  const surprise = valueUs > 2 * mean.mean
  mean.add(valueUs, nowMs)
  if (surprise) mean.pullUp(valueUs)
}
