// The compiled configuration, which requests read. A new state is compiled into a new snapshot, which replaces the old one by a
// pointer; a request keeps the one that it began with. Only what changed is compiled, in time slices, and the result must equal a
// compilation of the whole state.
import type { Clock } from '../../../shared/clock.ts'
import { emptyState } from '../../../shared/config/fold.ts'
import { ForkableMap } from '../../../shared/config/forkable-map.ts'
import type { BudgetSpec } from '../../../shared/config/kinds/budgets/spec.ts'
import type { LimitSpec } from '../../../shared/config/kinds/limits/spec.ts'
import type { ModelSpec } from '../../../shared/config/kinds/models/spec.ts'
import type { ProviderSpec } from '../../../shared/config/kinds/providers/spec.ts'
import type { ConfigState, Resource } from '../../../shared/config/state.ts'
import { Blocks } from '../auth/blocks.ts'
import { Callers } from '../auth/callers.ts'
import { TimeSlice } from '../large/time-slice.ts'
import { demoModels, isDemoModel } from '../providers/demo/demo-answers.ts'
import {
  type ConnectOptions,
  connectProvider,
  type OpenSecret,
  type ProviderConnection,
  type Target,
  type TargetHealthTable,
  withPolicy,
} from '../providers/endpoint.ts'
import { knownOf } from '../providers/known-model.ts'
import { prepareProvider } from '../providers/prepare-provider.ts'
import { spokenTo } from '../providers/spoken-dialects.ts'
import type { LatencyEstimates } from '../routing/latency-estimates.ts'
import { compileModelRoute, directRoute, type ModelRoute } from '../routing/model-route.ts'
import { BareNames, type NamedTarget } from './bare-names.ts'
import { isModelPath } from './model-path.ts'

export interface Snapshot {
  readonly revision: number
  /** The revision as a header value. */
  readonly revisionText: string
  readonly callers: Callers
  /** Whom the operator has stopped. */
  readonly blocks: Blocks
  /** The limits of the configuration: the same map until one of them changes. */
  readonly limits: ReadonlyMap<string, Resource<LimitSpec>>
  /** The budgets, likewise. */
  readonly budgets: ReadonlyMap<string, Resource<BudgetSpec>>
  /** The route of a name that callers use: a configured model, or `provider/model`. */
  routeOf(model: string): ModelRoute<Target> | undefined
  /** A target without a model, for requests about objects at a provider. Undefined where the provider does not exist or has no
   *  credential. */
  accountOf(provider: string): Target | undefined
  readonly providerNames: readonly string[]
  readonly connections: () => Iterable<ProviderConnection>
  /** Every name that is configured, sorted. */
  readonly modelNames: readonly string[]
  /** The targets of a name without a route, in order of preference; none for a name that no provider has. */
  bareTargetsOf(name: string): readonly NamedTarget[]
  readonly bareNames: BareNames
  /** Configured routes, and those addressed as `provider/model` so far. */
  everyRoute(): readonly ModelRoute<Target>[]
}

/** Bare names and routes of names `provider/model` are compiled when they are first used. The bound keeps callers who invent names
 *  from filling the memory. */
const namesKeptMax = 1_000

interface RouteInputs {
  /** Names of providers that changed. */
  readonly changed: ReadonlySet<string>
  readonly providers: ForkableMap<ProviderConnection>
  readonly slice: TimeSlice
}

/** A state with all that was compiled from it. */
interface Compiled {
  readonly state: ConfigState
  readonly providers: ForkableMap<ProviderConnection>
  readonly routes: ForkableMap<ModelRoute<Target>>
  readonly bareNames: BareNames
  readonly limits: Snapshot['limits']
  readonly budgets: Snapshot['budgets']
  /** Providers with a secret that could not be decrypted. They are compiled again, since the key may have arrived. */
  readonly incomplete: ReadonlySet<string>
}

export interface SnapshotCompilerOptions extends ConnectOptions {
  readonly healthOfTargets: TargetHealthTable
  readonly latencyEstimates: LatencyEstimates
  readonly clock: Clock
}

export class SnapshotCompiler {
  readonly #options: SnapshotCompilerOptions
  #done: Compiled = {
    state: emptyState(),
    providers: new ForkableMap(),
    routes: new ForkableMap(),
    bareNames: new BareNames(new Map()),
    limits: new Map(),
    budgets: new Map(),
    incomplete: new Set(),
  }

  constructor(options: SnapshotCompilerOptions) {
    this.#options = options
  }

  /** Compiles a state. Calls must not overlap. A call that throws changes nothing for the next one. */
  async compile(state: ConfigState): Promise<Snapshot> {
    const slice = new TimeSlice(this.#options.clock)
    const changed = changedProviders(state, this.#done)
    const connected = await this.#connect(state, changed, slice)
    const routes = await this.#route(state, { changed, providers: connected.providers, slice })
    await this.#keepLatencyEstimates(state, slice)
    const bareNames = changed.size === 0 ? this.#done.bareNames : new BareNames(connected.providers)
    this.#done = {
      state,
      routes,
      bareNames,
      limits: this.#limitsOf(state),
      budgets: this.#budgetsOf(state),
      ...connected,
    }
    return this.#snapshotOf(this.#done)
  }

  #limitsOf({ resources: { limits } }: ConfigState): Snapshot['limits'] {
    const { state, limits: before } = this.#done
    return limits.differencesFrom(state.resources.limits).next().done === true ? before : limits
  }

  #budgetsOf({ resources: { budgets } }: ConfigState): Snapshot['budgets'] {
    const { state, budgets: before } = this.#done
    return budgets.differencesFrom(state.resources.budgets).next().done === true ? before : budgets
  }

  async #connect(state: ConfigState, changed: ReadonlySet<string>, slice: TimeSlice) {
    const providers = this.#done.providers.fork()
    const incomplete = new Set<string>()
    for (const name of changed) {
      const connection = this.#connectOne(name, state.resources.providers.get(name)?.spec, incomplete)
      if (connection === undefined) providers.delete(name)
      else {
        providers.set(name, connection)
        prepareProvider(connection)
      }
      await slice.yieldIfDue()
    }
    return { providers, incomplete }
  }

  /** Adds the name to `incomplete` where a secret could not be decrypted. */
  #connectOne(name: string, spec: ProviderSpec | undefined, incomplete: Set<string>): ProviderConnection | undefined {
    if (spec === undefined) {
      this.#options.identities.release(name, new Set())
      return undefined
    }
    const open: OpenSecret = (secret) => {
      const opened = this.#options.open(secret)
      if (opened === undefined) incomplete.add(name)
      return opened
    }
    return connectProvider(name, spec, { ...this.#options, open })
  }

  async #route(
    state: ConfigState,
    { changed, providers, slice }: RouteInputs,
  ): Promise<ForkableMap<ModelRoute<Target>>> {
    const routes = this.#done.routes.fork()
    for (const name of changedModels(state, this.#done.state, changed)) {
      const spec = state.resources.models.get(name)?.spec
      if (spec === undefined) routes.delete(name)
      else routes.set(name, this.#routeOne(name, spec, providers))
      await slice.yieldIfDue()
    }
    return routes
  }

  #routeOne(name: string, spec: ModelSpec, providers: ForkableMap<ProviderConnection>): ModelRoute<Target> {
    return compileModelRoute(name, spec, {
      target: (configured) => withPolicy(this.#target(name, configured, providers), spec.unpriced),
      latency: ({ provider, model }) => this.#options.latencyEstimates.of({ model: name, provider, target: model }),
    })
  }

  /** Keeps the estimates of every configured target, including those of routes that were not compiled again. */
  async #keepLatencyEstimates(state: ConfigState, slice: TimeSlice): Promise<void> {
    const { latencyEstimates } = this.#options
    latencyEstimates.renew()
    for (const [name, { spec }] of state.resources.models) {
      for (const { provider, model } of spec.targets) latencyEstimates.of({ model: name, provider, target: model })
      await slice.yieldIfDue()
    }
  }

  #snapshotOf({ state, providers, routes, bareNames, limits, budgets }: Compiled): Snapshot {
    const used = new Map<string, ModelRoute<Target>>()
    const direct = new Map<string, ModelRoute<Target>>()
    /** The targets of bare names, which have no route. */
    const bare = new Map<string, readonly NamedTarget[]>()
    let names: readonly string[] | undefined
    const findRoute = (model: string): ModelRoute<Target> | undefined => {
      const route = routes.get(model)
      if (route === undefined) return this.#direct(model, providers, direct)
      used.set(model, route)
      return route
    }
    const findTargets = (name: string): readonly NamedTarget[] => {
      const targets = bareNames.targetsOf(name)
      if (targets.length > 0 && findRoute(name) === undefined) keep(bare, name, targets)
      return targets
    }
    return {
      revision: state.revision,
      revisionText: String(state.revision),
      callers: new Callers(state),
      blocks: new Blocks(state.resources.blocks),
      limits,
      budgets,
      everyRoute: () => [...routes.values(), ...direct.values()],
      get modelNames() {
        names ??= [...routes.keys(), ...demoNames(providers)].sort()
        return names
      },
      bareNames,
      bareTargetsOf: (name) => bare.get(name) ?? findTargets(name),
      accountOf: (provider) => this.#account(providers.get(provider)),
      get providerNames() {
        return [...providers.keys()]
      },
      connections: () => providers.values(),
      routeOf: (model) => used.get(model) ?? direct.get(model) ?? (bare.has(model) ? undefined : findRoute(model)),
    }
  }

  #target(
    model: string,
    target: ModelSpec['targets'][number],
    providers: ReadonlyMap<string, ProviderConnection>,
  ): Target | undefined {
    const connection = providers.get(target.provider)
    if (connection === undefined || connection.credentials.length === 0) return undefined
    if (connection.kind === 'demo' && !isDemoModel(target.model)) return undefined
    const known = knownOf(connection, target)
    return {
      ...connection,
      ...connection.byModel?.(target.model),
      ...spokenTo(connection, { configured: target.endpoint, known: known.facts.endpoint }),
      model: target.model,
      ...known,
      health: this.#options.healthOfTargets.of(model, target.provider, target.model),
    }
  }

  #account(connection: ProviderConnection | undefined): Target | undefined {
    if (connection === undefined || connection.credentials.length === 0) return undefined
    const health = this.#options.healthOfTargets.of('', connection.provider, '')
    return { ...connection, model: '', price: undefined, facts: {}, releasedAt: 0, health }
  }

  #direct(
    model: string,
    providers: ReadonlyMap<string, ProviderConnection>,
    cache: Map<string, ModelRoute<Target>>,
  ): ModelRoute<Target> | undefined {
    const slash = model.indexOf('/')
    if (slash <= 0 || !isModelPath(model)) return undefined
    const target = this.#target(model, { provider: model.slice(0, slash), model: model.slice(slash + 1) }, providers)
    if (target === undefined) return undefined
    const route = directRoute(model, target)
    keep(cache, model, route)
    return route
  }
}

function keep<Value>(kept: Map<string, Value>, name: string, value: Value): void {
  if (kept.size >= namesKeptMax) kept.clear()
  kept.set(name, value)
}

function changedProviders(state: ConfigState, { state: before, incomplete }: Compiled): Set<string> {
  const changed = new Set(incomplete)
  for (const { name } of state.resources.providers.differencesFrom(before.resources.providers)) changed.add(name)
  return changed
}

/** Models that changed, and models with a target at a provider that changed. */
function changedModels(state: ConfigState, before: ConfigState, providers: ReadonlySet<string>): Set<string> {
  const changed = new Set<string>()
  for (const { name } of state.resources.models.differencesFrom(before.resources.models)) changed.add(name)
  if (providers.size === 0) return changed
  for (const [name, { spec }] of state.resources.models) {
    if (spec.targets.some(({ provider }) => providers.has(provider))) changed.add(name)
  }
  return changed
}

function demoNames(providers: ReadonlyMap<string, ProviderConnection>): string[] {
  return [...providers.values()]
    .filter(({ kind }) => kind === 'demo')
    .flatMap(({ provider }) => demoModels.map((model) => `${provider}/${model}`))
}
