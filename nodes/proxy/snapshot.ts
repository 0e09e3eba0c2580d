// What requests read: the configuration, compiled. Built when a new state comes, swapped by pointer; a request keeps the
// one it began with.
import type { ModelSpec } from '../../shared/config/kinds.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import { Callers } from './auth/callers.ts'
import { demoModels, isDemoModel } from './providers/demo/demo-answers.ts'
import {
  type ConnectOptions,
  connectProvider,
  type Endpoint,
  type LoadBook,
  type ProviderConnection,
} from './providers/endpoint.ts'
import { knownOf } from './providers/known-model.ts'
import type { PaceBook } from './routing/pace-book.ts'
import { compileRoute, directRoute, type Route } from './routing/route.ts'

export interface Snapshot {
  readonly revision: number
  /** As a header value. */
  readonly revisionText: string
  readonly callers: Callers
  /** The route of a name that callers use: an alias, or `provider/model`. */
  routeOf(model: string): Route<Endpoint> | undefined
  /** Every name that `GET /v1/models` may list, sorted. */
  readonly modelNames: readonly string[]
  /** Configured routes, and those addressed as `provider/model` so far. */
  everyRoute(): readonly Route<Endpoint>[]
}

/** Names of the form `provider/model` are compiled when first asked for; a caller who makes them up cannot fill memory. */
const directRoutesMax = 1_000
const modelNamePattern = /^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}$/

export class SnapshotCompiler {
  readonly #loads: LoadBook
  readonly #paces: PaceBook
  readonly #options: ConnectOptions

  constructor({ loads, paces, ...options }: { loads: LoadBook; paces: PaceBook } & ConnectOptions) {
    this.#loads = loads
    this.#paces = paces
    this.#options = options
  }

  compile(state: ConfigState): Snapshot {
    const providers = new Map<string, ProviderConnection>()
    for (const [name, { spec }] of state.resources.providers) {
      const connection = connectProvider(name, spec, this.#options)
      if (connection !== undefined) providers.set(name, connection)
    }
    this.#paces.renew()
    const routes = new Map<string, Route<Endpoint>>()
    for (const [name, { spec }] of state.resources.models) {
      routes.set(
        name,
        compileRoute(name, spec, {
          endpoint: (target) => this.#endpoint(name, target, providers),
          pace: ({ provider, model }) => this.#paces.of({ model: name, provider, target: model }),
        }),
      )
    }
    const direct = new Map<string, Route<Endpoint>>()
    return {
      revision: state.revision,
      revisionText: String(state.revision),
      callers: new Callers(state),
      everyRoute: () => [...routes.values(), ...direct.values()],
      modelNames: [...routes.keys(), ...demoNames(providers)].sort(),
      routeOf: (model) => routes.get(model) ?? direct.get(model) ?? this.#direct(model, providers, direct),
    }
  }

  #endpoint(
    model: string,
    target: ModelSpec['targets'][number],
    providers: ReadonlyMap<string, ProviderConnection>,
  ): Endpoint | undefined {
    const connection = providers.get(target.provider)
    if (connection === undefined || connection.credentials.length === 0) return undefined
    if (connection.kind === 'demo' && !isDemoModel(target.model)) return undefined
    return {
      ...connection,
      model: target.model,
      ...knownOf(connection, target),
      load: this.#loads.of(model, target.provider, target.model),
    }
  }

  #direct(
    model: string,
    providers: ReadonlyMap<string, ProviderConnection>,
    cache: Map<string, Route<Endpoint>>,
  ): Route<Endpoint> | undefined {
    const slash = model.indexOf('/')
    if (slash <= 0 || !modelNamePattern.test(model) || model.includes('..')) return undefined
    const endpoint = this.#endpoint(
      model,
      { provider: model.slice(0, slash), model: model.slice(slash + 1) },
      providers,
    )
    if (endpoint === undefined) return undefined
    const route = directRoute(model, endpoint)
    if (cache.size >= directRoutesMax) cache.clear()
    cache.set(model, route)
    return route
  }
}

function demoNames(providers: ReadonlyMap<string, ProviderConnection>): string[] {
  return [...providers.values()]
    .filter(({ kind }) => kind === 'demo')
    .flatMap(({ provider }) => demoModels.map((model) => `${provider}/${model}`))
}
