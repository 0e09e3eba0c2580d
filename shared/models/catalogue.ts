// What is known of the models of the larger providers: windows, abilities and list prices, with where that comes from and
// when. The data is made by `scripts/make-model-catalogue.mjs`; an operator's own word on a target goes before it. A model
// that is not here works all the same, and is said to have no price.
import { createRequire } from 'node:module'
import type { Capability, ModelFacts } from '../chat/capabilities.ts'
import { effortWords } from './effort-words.ts'
import { onlyEndpoint } from './only-endpoint.ts'
import { type Price, priceOfRates, type Rates } from './price.ts'

export interface CatalogueModel {
  readonly name: string
  /** Seconds since the epoch. */
  readonly releasedAt: number
  readonly isDeprecated: boolean
  readonly facts: ModelFacts
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Undefined when the catalogue has no price. */
  readonly price: Price | undefined
  /** The price of the provider's `priority` service tier, if it is known. */
  readonly priorityPrice: Price | undefined
}

/** Reads the data now, 2 MB, so that no later call has to. */
export function loadCatalogue(): void {
  catalogue()
}

export function catalogueSource(): { readonly source: string; readonly date: string } {
  const { source, date } = catalogue()
  return { source, date }
}

/** `provider` is a name of the catalogue (`catalogueProviderOf`), `model` the name at the provider. */
export function catalogueModel(provider: string, model: string): CatalogueModel | undefined {
  const key = `${provider}/${model}`
  const known = compiled.get(key)
  if (known !== undefined) return known
  const entry = find(provider, model)
  if (entry === undefined) return undefined
  const made = compile(entry, provider, model)
  compiled.set(key, made)
  return made
}

export interface CatalogueEntry {
  readonly id: string
  /** `2025-09-29`. */
  readonly released: string
  readonly isDeprecated: boolean
}

/** The models of one provider of the catalogue. */
export function catalogueEntries(provider: string): CatalogueEntry[] {
  const { providers } = catalogue()
  const models = Object.hasOwn(providers, provider) ? providers[provider] : undefined
  return Object.entries(models ?? {}).map(([id, { released, deprecated }]) => ({
    id,
    released,
    isDeprecated: deprecated === true,
  }))
}

export function cataloguePlaces(): string[] {
  return Object.keys(catalogue().providers)
}

/** The names of all models, as `provider/model`. */
export function catalogueNames(): string[] {
  return Object.entries(catalogue().providers).flatMap(([provider, models]) =>
    Object.keys(models).map((id) => `${provider}/${id}`),
  )
}

interface Entry {
  name: string
  context?: number
  output?: number
  inputs: string[]
  outputs: string[]
  tools: boolean
  schema?: boolean
  reasoning: boolean | 'effort' | 'budget' | 'adaptive'
  sampling?: boolean
  endpoint?: 'responses'
  released: string
  deprecated?: boolean
  price?: Rates & { above?: (Rates & { tokens: number })[] }
  priority?: Rates
}

interface Catalogue {
  readonly source: string
  readonly date: string
  readonly providers: Readonly<Record<string, Readonly<Record<string, Entry>>>>
}

let loaded: Catalogue | undefined

/** An installation whose providers are not in it never reads it. */
function catalogue(): Catalogue {
  loaded ??= createRequire(import.meta.url)('./catalogue.json') as Catalogue
  return loaded
}

/** Bounded by the catalogue: only what is found is kept, under the few spellings that find it. */
const compiled = new Map<string, CatalogueModel>()

function find(provider: string, model: string): Entry | undefined {
  const { providers } = catalogue()
  const models = Object.hasOwn(providers, provider) ? providers[provider] : undefined
  if (models === undefined) return undefined
  const name = spellings(provider, model).find((spelling) => Object.hasOwn(models, spelling))
  return name === undefined ? undefined : models[name]
}

/** The names that a provider accepts for one model: with a region prefix, as an ARN, or as a resource path. */
function spellings(provider: string, model: string): string[] {
  const last = model.slice(model.lastIndexOf('/') + 1)
  if (provider === 'amazon-bedrock') return [model, last, last.replace(/^(us-gov|us|eu|apac|global|jp|au|ca)\./, '')]
  if (provider.startsWith('google')) return [model, last, `${last}@default`]
  return [model]
}

function compile(entry: Entry, provider: string, model: string): CatalogueModel {
  const from = { type: 'catalogue', ...catalogueSource() } as const
  return {
    name: entry.name,
    releasedAt: Date.parse(entry.released) / 1_000 || 0,
    isDeprecated: entry.deprecated === true,
    inputs: entry.inputs,
    outputs: entry.outputs,
    facts: {
      ...factsOf(entry),
      efforts: effortWords(model),
      endpoint: entry.endpoint ?? onlyEndpoint(provider, model),
    },
    price: entry.price === undefined ? undefined : priceOfRates(entry.price, from),
    priorityPrice: entry.priority === undefined ? undefined : priceOfRates(entry.priority, from),
  }
}

function factsOf({ context, output, reasoning, sampling, schema, ...entry }: Entry): ModelFacts {
  const lacks = new Set<Capability>()
  if (!entry.tools) lacks.add('tools').add('custom tools').add('hosted tools').add('forced tool choice')
  if (!entry.inputs.includes('image')) lacks.add('images')
  if (!entry.inputs.includes('audio')) lacks.add('audio')
  if (!entry.inputs.includes('video')) lacks.add('video')
  if (!entry.inputs.includes('pdf')) lacks.add('files')
  if (!entry.outputs.includes('audio')) lacks.add('audio output')
  if (!entry.outputs.includes('image')) lacks.add('image output')
  return {
    contextTokensMax: context,
    outputTokensMax: output,
    // The catalogue knows that the model reasons, but not how that is requested.
    reasoning: reasoning === false ? 'none' : reasoning === true ? undefined : reasoning,
    sampling,
    jsonSchema: schema,
    lacks,
  }
}
