// The order in which one request tries targets: within a route by weight, priority or latency, then the same for each
// fallback. Each attempt is planned when it is needed, because nearly every request needs only the first one.
import type { Chance, Clock } from '../../../shared/clock.ts'
import type { RetryCondition } from '../../../shared/config/kinds/models/spec.ts'
import type { LatencyEstimate } from './latency-estimate.ts'
import type { ModelRoute, WeightedTarget } from './model-route.ts'
import { drawOf, drawSeed } from './seeded-draw.ts'
import type { WeightTable } from './weight-table.ts'

export interface PlannedAttempt<Target> {
  readonly route: ModelRoute<Target>
  readonly target: Target
  /** The place of the route's model among the fallbacks; 0 for the requested model. */
  readonly fallbackIndex: number
  /** Set where the request itself named the route's model as a fallback. */
  readonly isListed?: true
  /** The number of attempts made on this target before. */
  readonly repeats: number
  /** The estimate that takes the measurements of the attempt, under latency routing. */
  readonly latency: LatencyEstimate | undefined
  /** The target's share in thousandths under latency routing, else 0. */
  readonly trafficShare: number
  /** Revision of the weight table that was drawn from, else 0. */
  readonly sharesRevision: number
}

/** Attempts of one request on whatever its caller lists. A longer chain takes an operator who configured it. */
export const listedAttemptsMax = 20

export class AttemptPlan<Target> {
  readonly #routeOf: (model: string) => ModelRoute<Target> | undefined
  readonly #chance: Chance
  readonly #extraAttempts: number | undefined
  readonly #attemptsMax: number
  #seed: number | undefined
  readonly #revision: number
  readonly #stream: boolean
  readonly #clock: Clock
  #picks = 0
  #route: ModelRoute<Target>
  #left: number
  #made = 0
  #tried: WeightedTarget<Target>[] | undefined
  #skipped: Target[] | undefined
  #fallbacks: string[] | undefined
  #fallbackIndex = 0
  /** How many of the fallbacks are the request's own; they come first. */
  #listed: number
  #isListed = false
  #seen: Set<string> | undefined

  /** `extraAttempts` is the number that the caller asks for; more than the route has are not made. `revision` is that of the
   *  configuration; with the seed it determines what is drawn under latency routing. */
  constructor(options: {
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
    this.#revision = options.revision
    this.#stream = options.stream
    this.#clock = options.clock
    this.#fallbacks = options.fallbacks === undefined ? undefined : [...options.fallbacks, ...options.route.fallbacks]
    this.#listed = options.fallbacks?.length ?? 0
    this.#attemptsMax = options.fallbacks === undefined ? Number.POSITIVE_INFINITY : listedAttemptsMax
    this.#left = this.#attemptsOn(options.route)
  }

  /** The next attempt, or undefined when none is left. */
  next(): PlannedAttempt<Target> | undefined {
    if (this.#made >= this.#attemptsMax) return undefined
    const planned = this.#left > 0 ? this.#pick() : undefined
    if (planned !== undefined) {
      this.#left--
      this.#made++
      return planned
    }
    return this.#fallBack() ? this.next() : undefined
  }

  /** Skips a planned attempt whose target cannot take the request. It does not count as an attempt. */
  passOver({ target }: PlannedAttempt<Target>): void {
    this.#left++
    this.#made--
    if (this.#skipped === undefined) this.#skipped = [target]
    else this.#skipped.push(target)
  }

  /** Whether the current route is tried again after `condition`. */
  retries(condition: RetryCondition): boolean {
    return this.#route.retryOn.has(condition)
  }

  /** Gives up on the current route, so that the next attempt is on a fallback. */
  leaveRoute(): void {
    this.#left = 0
  }

  #attemptsOn(route: ModelRoute<Target>): number {
    return 1 + Math.min(this.#extraAttempts ?? route.extraAttempts, route.extraAttempts)
  }

  #pick(): PlannedAttempt<Target> | undefined {
    const candidates = this.#candidates()
    const first = candidates[0]
    if (first === undefined) return undefined
    return this.#planned(candidates, first)
  }

  /** Another target of the route that `fits`, in the place of a planned one that can wait. Undefined: there is none that was not tried. */
  instead(
    { target: waiting }: PlannedAttempt<Target>,
    fits: (target: Target) => boolean,
  ): PlannedAttempt<Target> | undefined {
    const tried = this.#tried
    const { targets } = this.#route
    const skipped = this.#skipped ?? []
    const others = targets.filter((one) => tried?.includes(one) !== true && !skipped.includes(one.target))
    const candidates = others.filter(({ target }) => fits(target))
    const first = candidates[0]
    if (first === undefined) return undefined
    this.#tried = tried?.filter((one) => one.target !== waiting)
    return this.#planned(candidates, first)
  }

  #planned(candidates: readonly WeightedTarget<Target>[], first: WeightedTarget<Target>): PlannedAttempt<Target> {
    const table = this.#table()
    const chosen = this.#choose(candidates, table) ?? first
    const { target, latency } = chosen
    const share = table?.shares[this.#route.targets.indexOf(chosen)] ?? 0
    return {
      route: this.#route,
      target,
      fallbackIndex: this.#fallbackIndex,
      ...(this.#isListed ? { isListed: true } : {}),
      repeats: this.#countTry(chosen),
      latency,
      trafficShare: Math.round(1_000 * share),
      sharesRevision: table?.revision ?? 0,
    }
  }

  /** Targets that can take the request: those not tried yet, or all of them once each was tried. */
  #candidates(): readonly WeightedTarget<Target>[] {
    const { targets } = this.#route
    const skipped = this.#skipped
    const tried = this.#tried
    const fit = skipped === undefined ? targets : targets.filter(({ target }) => !skipped.includes(target))
    const fresh = tried === undefined ? fit : fit.filter((target) => !tried.includes(target))
    return fresh.length === 0 ? fit : fresh
  }

  /** Returns how often the target was tried before. */
  #countTry(target: WeightedTarget<Target>): number {
    const tried = this.#tried
    if (tried === undefined) {
      this.#tried = [target]
      return 0
    }
    const repeats = tried.filter((other) => other === target).length
    tried.push(target)
    return repeats
  }

  #table(): WeightTable | undefined {
    const table = this.#stream ? this.#route.weightTables?.first : this.#route.weightTables?.token
    table?.refresh(this.#clock.monotonicMs())
    return table
  }

  /** The candidate of the next attempt; undefined where the first one is to be taken. */
  #choose(
    candidates: readonly WeightedTarget<Target>[],
    table: WeightTable | undefined,
  ): WeightedTarget<Target> | undefined {
    if (candidates.length === 1 || this.#route.order === 'priority') return undefined
    if (table === undefined) return byWeight(candidates, this.#chance)
    this.#seed ??= drawSeed(this.#chance)
    const draw = drawOf(this.#seed, this.#picks++, Math.imul(this.#revision, 0x9e3779b1) ^ table.revision)
    const { targets } = this.#route
    if (candidates === targets) return targets[table.pick(draw)]
    const indices = candidates.map((target) => targets.indexOf(target))
    return candidates[table.pickAmong(draw, indices)]
  }

  /** Enters the next fallback: first those of the request, then those of the route, then the fallbacks of fallbacks. */
  #fallBack(): boolean {
    this.#fallbacks ??= [...this.#route.fallbacks]
    this.#seen ??= new Set([this.#route.model])
    for (;;) {
      const model = this.#fallbacks.shift()
      if (model === undefined) return false
      this.#isListed = this.#listed-- > 0
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
    this.#left = this.#attemptsOn(route)
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
