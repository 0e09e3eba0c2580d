// What a queue has served of late: how fast, and to whom.
import type { Tenant } from '../auth/tenant.ts'

const measuredMs = 1_000
/** The weight of the last second in the rate. */
const rateWeight = 0.2

/** How fast a lane is served while somebody waits. */
export class ServedRate {
  perMs: number | undefined
  #served = 0
  #sinceMs = 0

  begin(nowMs: number): void {
    this.#served = 0
    this.#sinceMs = nowMs
  }

  served(cost: number): void {
    this.#served += cost
  }

  look(nowMs: number): void {
    const passedMs = nowMs - this.#sinceMs
    if (passedMs < measuredMs) return
    const perMs = this.#served / passedMs
    // A provider that wants to be left alone for a while is looked at apart.
    if (perMs > 0) this.perMs = this.perMs === undefined ? perMs : this.perMs + rateWeight * (perMs - this.perMs)
    this.begin(nowMs)
  }
}

/** The time in which what was served counts less and less. */
const fadingMs = 5_000
/** A tenant with less than this part of its fair part takes little. */
const lowPart = 0.5
const forgottenPart = 0.001

/** What each tenant has been served, of late. */
export class ServedParts {
  readonly #costs = new Map<string, { cost: number; weight: number }>()
  #atMs = 0

  served({ id, weight }: Tenant, cost: number, nowMs: number): void {
    this.#fade(nowMs)
    const known = this.#costs.get(id)
    if (known === undefined) this.#costs.set(id, { cost, weight })
    else known.cost += cost
  }

  /** Whether a tenant has been served much less than its fair part beside the others. */
  isLow({ id, weight }: Tenant, nowMs: number): boolean {
    this.#fade(nowMs)
    let [all, weights] = [0, this.#costs.has(id) ? 0 : weight]
    for (const one of this.#costs.values()) {
      all += one.cost
      weights += one.weight
    }
    const own = this.#costs.get(id)?.cost ?? 0
    return all === 0 || own / all < (lowPart * weight) / weights
  }

  #fade(nowMs: number): void {
    const factor = Math.exp((this.#atMs - nowMs) / fadingMs)
    this.#atMs = nowMs
    if (factor === 1) return
    let all = 0
    for (const one of this.#costs.values()) all += one.cost *= factor
    for (const [id, { cost }] of this.#costs) if (cost < all * forgottenPart) this.#costs.delete(id)
  }
}
