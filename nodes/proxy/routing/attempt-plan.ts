// The order in which one request tries targets: within a route by weight, priority or latency, then the same again for each
// fallback. It is worked out step by step, because nearly every request needs only its first step.
import type { Chance, Clock } from '../../../shared/clock.ts'
import type { RetryCondition } from '../../../shared/config/kinds/models/spec.ts'
import type { LatencyEstimate } from './latency-estimate.ts'
import type { ModelRoute, WeightedTarget } from './model-route.ts'
import { drawOf } from './seeded-draw.ts'
import type { WeightTable } from './weight-table.ts'

export interface PlannedAttempt<Target> {
  readonly route: ModelRoute<Target>
  readonly target: Target
  /** 0 for the model that was asked for. */
  readonly fallbackIndex: number
  /** Attempts made on this target before. */
  readonly repeats: number
  /** Under latency routing: learns from the attempt. */
  readonly latency: LatencyEstimate | undefined
  /** The target's part of the draw, in thousandths, and of which table; 0 under any other routing. */
  readonly trafficShare: number
  readonly sharesRevision: number
}

export class AttemptPlan<Target> {
  readonly #routeOf: (model: string) => ModelRoute<Target> | undefined
  readonly #chance: Chance
  readonly #extraAttempts: number | undefined
  readonly #requestId: string
  readonly #revision: number
  readonly #stream: boolean
  readonly #clock: Clock
  #picks = 0
  #route: ModelRoute<Target>
  #left: number
  #tried: WeightedTarget<Target>[] | undefined
  #skipped: Target[] | undefined
  #fallbacks: string[] | undefined
  #fallbackIndex = 0
  #seen: Set<string> | undefined

  /** `extraAttempts` overrides the route's own number (a caller may ask for fewer or more retries). `revision` is that of
   *  the configuration: with the request's id it decides what is drawn under latency routing. */
  constructor(options: {
    requestId: string
    revision: number
    stream: boolean
    clock: Clock
    route: ModelRoute<Target>
    routeOf: (model: string) => ModelRoute<Target> | undefined
    chance: Chance
    fallbacks?: readonly string[] | undefined
    extraAttempts?: number | undefined
  }) {
    this.#route = options.route
    this.#routeOf = options.routeOf
    this.#chance = options.chance
    this.#extraAttempts = options.extraAttempts
    this.#requestId = options.requestId
    this.#revision = options.revision
    this.#stream = options.stream
    this.#clock = options.clock
    this.#fallbacks = options.fallbacks === undefined ? undefined : [...options.fallbacks, ...options.route.fallbacks]
    this.#left = 1 + (options.extraAttempts ?? options.route.extraAttempts)
  }

  /** The next target to try, or undefined when there is none left. */
  next(): PlannedAttempt<Target> | undefined {
    if (this.#left > 0) {
      const step = this.#pick()
      if (step !== undefined) {
        this.#left--
        return step
      }
    }
    return this.#fallBack() ? this.next() : undefined
  }

  /** The step was not taken, because its target cannot take the request: that costs no attempt. */
  passOver({ target }: PlannedAttempt<Target>): void {
    this.#left++
    if (this.#skipped === undefined) this.#skipped = [target]
    else this.#skipped.push(target)
  }

  /** Whether `condition` on the current route is worth another attempt on the same route. */
  retries(condition: RetryCondition): boolean {
    return this.#route.retryOn.has(condition)
  }

  /** Gives up on the current route: the next step is on a fallback. */
  leaveRoute(): void {
    this.#left = 0
  }

  #pick(): PlannedAttempt<Target> | undefined {
    const { targets } = this.#route
    const unfit = this.#skipped
    const fit = unfit === undefined ? targets : targets.filter(({ target }) => !unfit.includes(target))
    const tried = this.#tried
    // Each target once before any is tried again.
    const fresh = tried === undefined ? fit : fit.filter((target) => !tried.includes(target))
    const candidates = fresh.length === 0 ? fit : fresh
    const first = candidates[0]
    if (first === undefined) return undefined
    const table = this.#table()
    const target = this.#choose(candidates, table) ?? first
    const repeats = tried === undefined ? 0 : tried.filter((other) => other === target).length
    if (tried === undefined) this.#tried = [target]
    else tried.push(target)
    const share = table === undefined ? 0 : Math.round(1_000 * (table.shares[targets.indexOf(target)] ?? 0))
    return {
      route: this.#route,
      target: target.target,
      fallbackIndex: this.#fallbackIndex,
      repeats,
      latency: target.latency,
      trafficShare: share,
      sharesRevision: table?.revision ?? 0,
    }
  }

  #table(): WeightTable | undefined {
    const table = this.#stream ? this.#route.weightTables?.first : this.#route.weightTables?.token
    table?.refresh(this.#clock.monotonicMs())
    return table
  }

  /** Undefined: the first one. */
  #choose(
    candidates: readonly WeightedTarget<Target>[],
    table: WeightTable | undefined,
  ): WeightedTarget<Target> | undefined {
    if (candidates.length === 1 || this.#route.order === 'priority') return undefined
    if (table === undefined) return byWeight(candidates, this.#chance)
    // Two numbers that both count up, in one: a caller who sends one id for all requests still draws anew.
    const salt = Math.imul(this.#revision, 0x9e3779b1) ^ table.revision
    const draw = drawOf(this.#requestId, this.#picks++, salt)
    const { targets } = this.#route
    if (candidates === targets) return targets[table.pick(draw)]
    const indices = candidates.map((target) => targets.indexOf(target))
    return candidates[table.pickAmong(draw, indices)]
  }

  /** Moves on to the next fallback: first those of the request, then the routes', whose own fallbacks come after them. */
  #fallBack(): boolean {
    this.#fallbacks ??= [...this.#route.fallbacks]
    this.#seen ??= new Set([this.#route.model])
    for (;;) {
      const model = this.#fallbacks.shift()
      if (model === undefined) return false
      if (this.#seen.has(model)) continue
      this.#seen.add(model)
      const route = this.#routeOf(model)
      if (route === undefined) continue
      this.#enter(route)
      return true
    }
  }

  #enter(route: ModelRoute<Target>): void {
    this.#fallbackIndex++
    this.#route = route
    this.#tried = undefined
    this.#left = 1 + (this.#extraAttempts ?? route.extraAttempts)
    this.#fallbacks?.push(...route.fallbacks)
  }
}

function byWeight<Target>(
  targets: readonly WeightedTarget<Target>[],
  chance: Chance,
): WeightedTarget<Target> | undefined {
  let total = 0
  for (const { weight } of targets) total += weight
  let drawn = chance() * total
  for (const target of targets) {
    drawn -= target.weight
    if (drawn < 0) return target
  }
  return targets[targets.length - 1]
}
