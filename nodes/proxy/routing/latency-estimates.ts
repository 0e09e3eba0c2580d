// The latency estimates of all targets that are routed by latency. They outlive a configuration change and are dropped with
// their target.
import { LatencyEstimate } from './latency-estimate.ts'
import type { TargetName } from './target-name.ts'

export class LatencyEstimates {
  #latencyEstimates = new Map<string, LatencyEstimate>()
  #before: ReadonlyMap<string, LatencyEstimate> = new Map()

  /** Begins a new configuration. Estimates that it does not ask for are dropped at the next call. */
  renew(): void {
    this.#before = this.#latencyEstimates
    this.#latencyEstimates = new Map()
  }

  of(name: TargetName): LatencyEstimate {
    const key = keyOf(name)
    const latency = this.#latencyEstimates.get(key) ?? this.#before.get(key) ?? new LatencyEstimate()
    this.#latencyEstimates.set(key, latency)
    return latency
  }

  find(name: TargetName): LatencyEstimate | undefined {
    return this.#latencyEstimates.get(keyOf(name))
  }
}

function keyOf({ model, provider, target }: TargetName): string {
  return JSON.stringify([model, provider, target])
}
