// Models by their name alone: which `provider/model` a name stands for that is neither configured nor written so. First the
// names that a provider lists itself, then the catalogue's: of the model's maker, of clouds, of those that run what others
// made. Names that are newer than the catalogue belong to the providers of their family.
import { namingPlaceOf } from '../../../shared/models/catalogue-provider.ts'
import { familyOf, type ModelFamily, placeRank } from '../../../shared/models/model-family.ts'
import { bedrockId, idsAt, namesAt, newBedrockId, undated, undatedIdsAt } from '../../../shared/models/model-names.ts'
import type { ProviderConnection } from '../providers/endpoint.ts'
import { isModelPath } from './model-path.ts'

/** One model of one provider. */
export interface NamedTarget {
  /** `provider/model`. */
  readonly name: string
  readonly connection: ProviderConnection
  readonly model: string
}

export interface ListedName {
  readonly name: string
  /** The targets in order of preference, never empty. */
  readonly targets: readonly NamedTarget[]
}

const listedMax = 500
const none: readonly NamedTarget[] = []

export class BareNames {
  readonly #providers: ReadonlyMap<string, ProviderConnection>
  #places: ReadonlyMap<string, readonly ProviderConnection[]> | undefined
  #offered: ReadonlyMap<string, readonly NamedTarget[]> | undefined
  #listed: readonly ListedName[] | undefined

  constructor(providers: ReadonlyMap<string, ProviderConnection>) {
    this.#providers = providers
  }

  /** Returns the targets of a name in order of preference; none for a name that no provider has. */
  targetsOf(name: string): readonly NamedTarget[] {
    return isModelPath(name) ? this.#search(name) : none
  }

  /** Returns the names that a list of models shows, in order of preference. */
  listed(): readonly ListedName[] {
    this.#listed ??= this.#list()
    return this.#listed
  }

  /** `provider/model` of the providers whose models have no bare names, as far as the catalogue knows them. */
  *withoutBareNames(): Generator<string, undefined> {
    for (const connection of this.#providers.values()) {
      const place = connection.bareNames === false ? placeOf(connection) : undefined
      if (place === undefined) continue
      for (const name of namesAt(place).current)
        yield `${connection.provider}/${idFor(connection, place, name) ?? name}`
    }
  }

  #search(name: string): readonly NamedTarget[] {
    const offered = this.#offeredNames().get(name) ?? this.#offeredNames().get(`${name}:latest`) ?? none
    return [...offered, ...this.#inCatalogue(name)]
  }

  #inCatalogue(name: string): NamedTarget[] {
    const family = familyOf(name.toLowerCase())
    const places = [...this.#connectionsByPlace()]
    places.sort(([a], [b]) => placeRank(a, family) - placeRank(b, family))
    return places.flatMap(([place, connections]) =>
      connections.flatMap((one) => targetAt(one, place, { name, family })),
    )
  }

  #connectionsByPlace(): ReadonlyMap<string, readonly ProviderConnection[]> {
    this.#places ??= byPlace(this.#providers.values())
    return this.#places
  }

  #offeredNames(): ReadonlyMap<string, readonly NamedTarget[]> {
    this.#offered ??= offeredBy(this.#providers.values())
    return this.#offered
  }

  #list(): ListedName[] {
    const places = [...this.#connectionsByPlace().keys()]
    places.sort((a, b) => placeRank(a, undefined) - placeRank(b, undefined))
    // Deployments have names of their own.
    const known = places.filter((place) => place !== 'azure').flatMap((place) => namesAt(place).current)
    const names = new Set([...this.#offeredNames().keys(), ...known])
    const listed: ListedName[] = []
    for (const name of names) {
      const targets = this.#search(name)
      if (targets.length > 0) listed.push({ name, targets })
      if (listed.length >= listedMax) break
    }
    return listed
  }
}

/** Groups the connections by place. A provider named like its service or kind comes first, the others by name. */
function byPlace(providers: Iterable<ProviderConnection>): Map<string, ProviderConnection[]> {
  const places = new Map<string, ProviderConnection[]>()
  for (const connection of providers) {
    const isAsked = connection.bareNames === undefined || connection.bareNames === true
    const place = isAsked && connection.credentials.length > 0 ? placeOf(connection) : undefined
    if (place === undefined) continue
    const there = places.get(place)
    if (there === undefined) places.set(place, [connection])
    else there.push(connection)
  }
  for (const [place, connections] of places)
    connections.sort((a, b) => orderOf(a, place) - orderOf(b, place) || (a.provider < b.provider ? -1 : 1))
  return places
}

function orderOf({ provider, kind }: ProviderConnection, place: string): number {
  return provider === place || provider === kind ? 0 : 1
}

function placeOf({ provider, kind, origin, bareNames }: ProviderConnection): string | undefined {
  return namingPlaceOf({ provider, kind, hostname: origin.hostname, bareNames })
}

function offeredBy(providers: Iterable<ProviderConnection>): Map<string, readonly NamedTarget[]> {
  const offered = new Map<string, readonly NamedTarget[]>()
  const sorted = [...providers].filter(({ bareNames }) => Array.isArray(bareNames))
  sorted.sort((a, b) => (a.provider < b.provider ? -1 : 1))
  for (const connection of sorted) {
    if (connection.credentials.length === 0 || !Array.isArray(connection.bareNames)) continue
    for (const model of connection.bareNames as readonly string[]) {
      offered.set(model, [...(offered.get(model) ?? none), namedTarget(connection, model)])
    }
  }
  return offered
}

interface Wanted {
  readonly name: string
  readonly family: ModelFamily | undefined
}

function targetAt(connection: ProviderConnection, place: string, { name, family }: Wanted): NamedTarget[] {
  // Azure's catalogue lists what can be deployed, not what is: a deployment is mostly named after its model of OpenAI.
  if (place === 'azure' && family?.homes.includes('azure') !== true) return []
  const isHome = family?.homes.includes(place) === true
  const id =
    idFor(connection, place, name) ?? (isHome ? newerId(connection, place, name) : undatedId(connection, place, name))
  return id === undefined ? [] : [namedTarget(connection, id)]
}

function idFor(connection: ProviderConnection, place: string, name: string): string | undefined {
  return pick(connection, place, idsAt(place, name))
}

function undatedId(connection: ProviderConnection, place: string, name: string): string | undefined {
  return pick(connection, place, undatedIdsAt(place, name))
}

function pick(
  { region = '' }: ProviderConnection,
  place: string,
  ids: readonly string[] | undefined,
): string | undefined {
  if (place === 'amazon-bedrock' && ids !== undefined) return bedrockId(ids, region) ?? ids[0]
  // The name without a version means the same, and is the one that its API shows.
  return ids?.[0]?.replace(/@default$/, '')
}

/** The id that a provider of the family is asked for when the catalogue does not have the name. */
function newerId(connection: ProviderConnection, place: string, name: string): string | undefined {
  const short = undated(name)
  if (place === 'amazon-bedrock') {
    // The ids of dated models have a version that cannot be told.
    return (
      undatedId(connection, place, name) ?? (short === name ? newBedrockId(name, connection.region ?? '') : undefined)
    )
  }
  const isDatedClaude = place === 'google-vertex' && name.startsWith('claude-') && short !== name
  return isDatedClaude ? `${short}@${name.slice(short.length + 1)}` : name
}

function namedTarget(connection: ProviderConnection, model: string): NamedTarget {
  return { name: `${connection.provider}/${model}`, connection, model }
}
