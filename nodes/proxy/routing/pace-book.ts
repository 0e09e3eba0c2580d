// The paces of all targets that are routed by latency. They outlive a configuration change, so that a swap forgets nothing,
// and go with their target.
import type { TargetName } from './target-name.ts'
import { TargetPace } from './target-pace.ts'

export class PaceBook {
  #paces = new Map<string, TargetPace>()
  #before: ReadonlyMap<string, TargetPace> = new Map()

  /** A new configuration: paces that it does not ask for are forgotten when the next one comes. */
  renew(): void {
    this.#before = this.#paces
    this.#paces = new Map()
  }

  of(name: TargetName): TargetPace {
    const key = keyOf(name)
    const pace = this.#paces.get(key) ?? this.#before.get(key) ?? new TargetPace()
    this.#paces.set(key, pace)
    return pace
  }

  find(name: TargetName): TargetPace | undefined {
    return this.#paces.get(keyOf(name))
  }
}

function keyOf({ model, provider, target }: TargetName): string {
  return JSON.stringify([model, provider, target])
}
