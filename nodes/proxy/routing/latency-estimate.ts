// How fast one target is, as this proxy knows it: what it measured itself, and what the fleet says, which counts like a few
// measurements and so gives way to fresh ones of its own. When the fleet falls silent, what it said fades: weights that
// nobody renews must not steer for ever.
import { FadingMean } from '../../../shared/telemetry/fading-mean.ts'
import { firstUsOf, tokenUsOf } from '../../../shared/telemetry/pace.ts'
import type { AttemptRecord } from '../../../shared/telemetry/records.ts'
import type { TargetWeight } from '../../../shared/telemetry/weights.ts'

/** What a share is worked out from: the first token for streams, the time by token for whole answers. */
export type LatencySignal = 'first' | 'token'

/** Own measurements fade within seconds: a brown-out has to show at once. */
const ownTauMs = 8_000
/** A busy target is known by its last answers, not by all of the last seconds. */
const ownMemory = 30
const ownCountMax = 10
/** As how many measurements of our own the fleet's word counts. */
const fleetCountMax = 5
/** The fleet may miss as many publications; then its word fades with this time constant. */
const silentPeriods = 3
const periodMs = 1_000
const silentTauMs = 10_000

export class LatencyEstimate {
  readonly #own = { first: new FadingMean(ownTauMs, ownMemory), token: new FadingMean(ownTauMs, ownMemory) }
  readonly #fleetUs = { first: 0, token: 0 }
  readonly #fleetCount = { first: 0, token: 0 }
  #multiplier = 1
  #heardMs = Number.NEGATIVE_INFINITY

  /** At the end of an attempt; a few additions, whatever came before. */
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

  /** How many measurements the estimate rests on; 0 when nothing is known. */
  count(measure: LatencySignal, nowMs: number): number {
    return this.#ownCount(measure, nowMs) + this.#fleetCount[measure] * this.#trust(nowMs)
  }

  /** Microseconds; of no meaning where nothing is known. */
  estimateUs(measure: LatencySignal, nowMs: number): number {
    const own = this.#ownCount(measure, nowMs)
    const fleet = this.#fleetCount[measure] * this.#trust(nowMs)
    return own + fleet === 0 ? 0 : (this.#own[measure].mean * own + this.#fleetUs[measure] * fleet) / (own + fleet)
  }

  /** Never 0: whoever publishes can send less there, and not nothing. */
  multiplier(nowMs: number): number {
    return 1 + (Math.max(multiplierMin, this.#multiplier) - 1) * this.#trust(nowMs)
  }

  #ownCount(measure: LatencySignal, nowMs: number): number {
    return Math.min(ownCountMax, this.#own[measure].weightAt(nowMs))
  }

  #trust(nowMs: number): number {
    const silentMs = nowMs - this.#heardMs - silentPeriods * periodMs
    return silentMs <= 0 ? 1 : Math.exp(-silentMs / silentTauMs)
  }
}

const multiplierMin = 0.05

/** Much slower than ever is believed at once, much faster is not: of the two mistakes one costs more. */
function note(mean: FadingMean, valueUs: number, nowMs: number): void {
  if (valueUs === 0) return
  const surprise = valueUs > 2 * mean.mean
  mean.add(valueUs, nowMs)
  if (surprise) mean.pullUp(valueUs)
}
