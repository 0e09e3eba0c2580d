// What the publisher of weights says, as it reaches a proxy: fenced, then handed to the latency estimates. Two publishers may speak for
// a moment when one takes over; the later one is believed. Nothing waits for any of this.
import { type Bus, type Subscription, subjects } from '../../../cluster/bus/bus.ts'
import type { Clock } from '../../../shared/clock.ts'
import { decodeWeights } from '../../../shared/telemetry/weights.ts'
import type { LatencyEstimates } from './latency-estimates.ts'

export function followWeights(bus: Bus, latencyEstimates: LatencyEstimates, clock: Clock): Subscription {
  const intake = new WeightsIntake(latencyEstimates)
  return bus.subscribe(subjects.weights, (payload) => intake.take(payload, clock.monotonicMs()))
}

/** A publisher that was silent this long is gone: whoever speaks next is believed, whatever its epoch. */
const silentMsMax = 30_000

export class WeightsIntake {
  readonly #latencyEstimates: LatencyEstimates
  #epoch = Number.NEGATIVE_INFINITY
  #revision = 0
  #heardMs = Number.NEGATIVE_INFINITY

  constructor(latencyEstimates: LatencyEstimates) {
    this.#latencyEstimates = latencyEstimates
  }

  take(payload: Uint8Array, nowMs: number): void {
    const message = decodeWeights(payload)
    if (message === undefined || this.#isOutdated(message, nowMs)) return
    this.#epoch = message.epoch
    this.#revision = message.revision
    this.#heardMs = nowMs
    for (const weight of message.targets) this.#latencyEstimates.find(weight)?.applyFleetWeight(weight, nowMs)
  }

  #isOutdated({ epoch, revision }: { epoch: number; revision: number }, nowMs: number): boolean {
    if (nowMs - this.#heardMs > silentMsMax) return false
    return epoch < this.#epoch || (epoch === this.#epoch && revision <= this.#revision)
  }
}
