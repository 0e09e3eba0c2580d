// Receives the weights that an aggregator publishes for the whole fleet, and passes them to the latency estimates. Two
// publishers may be active for a moment when one takes over; messages of the earlier one are then ignored (fencing). No request
// waits for weights.
import { type Bus, type Subscription, subjects } from '../../../cluster/bus/bus.ts'
import type { Clock } from '../../../shared/clock.ts'
import { decodeWeights } from '../../../shared/telemetry/weights.ts'
import type { LatencyEstimates } from './latency-estimates.ts'

export function followWeights(bus: Bus, latencyEstimates: LatencyEstimates, clock: Clock): Subscription {
  const intake = new WeightsIntake(latencyEstimates)
  return bus.subscribe(subjects.weights, (payload) => intake.take(payload, clock.monotonicMs()))
}

/** The silence after which a publisher is gone. The next message is accepted, whatever its epoch. */
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
