// What is known of the models of the larger providers: windows, abilities and list prices, with where that comes from and
// when. The data is made by `scripts/make-model-catalogue.mjs`; an operator's own word on a target goes before it. A model
// that is not here works all the same, and is said to have no price.
import { createRequire } from 'node:module'
import type { Capability, ModelFacts } from '../chat/capabilities.ts'
import { type CallPriceSpec, callPricesOf } from './call-price.ts'
import type { Timeline } from './dated-prices.ts'
import { effortWords } from './effort-words.ts'
import { onlyEndpoint } from './only-endpoint.ts'
import { type Price, priceOf, type SteppedRates, scaledRates } from './price.ts'
import { type UnitPrice, type UnitPriceSpec, unitPriceOf } from './unit-price.ts'

export interface CatalogueModel {
  readonly name: string
  /** Seconds since the epoch. */
  readonly releasedAt: number
  readonly isDeprecated: boolean
  readonly facts: ModelFacts
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** List prices from the dates of their changes on; empty when the catalogue has none. */
  readonly prices: Timeline<Price>
  readonly unitPrices: Timeline<UnitPrice>
  /** The list prices before the first change. */
  readonly price: Price | undefined
  readonly unitPrice: UnitPrice | undefined
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

export interface PriceEntry {
  price?: SteppedRates
  /** A number is a factor of all rates; null stands for a price that is not published. */
  tiers?: Record<string, number | SteppedRates | null>
  calls?: CallPriceSpec
  units?: UnitPriceSpec
}

interface Entry extends PriceEntry {
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
  /** What replaces the price, by the dates that the provider has published, `2026-12-31`, rising. */
  later?: (PriceEntry & { from: string })[]
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
  if (name !== undefined) return models[name]
  return provider.startsWith('google') ? newestOfAlias(models, model) : firstSnapshot(models, model)
}

/** What Vertex AI calls by a name without a version is the newest of its versions. */
function newestOfAlias(models: Readonly<Record<string, Entry>>, model: string): Entry | undefined {
  const [name, version = 'default'] = lastSegment(model).split('@')
  if (version !== 'default') return undefined
  const dated = Object.keys(models).filter((id) => id.startsWith(`${name}@`))
  const newest = dated.sort().at(-1)
  return newest === undefined ? undefined : models[newest]
}

const snapshot = /^(.+)-(\d{4})-?(\d{2})-?(\d{2})$/
const snapshotDaysMax = 92

/** The entry without a date, for a name with the date of its release: later snapshots are models of their own. */
function firstSnapshot(models: Readonly<Record<string, Entry>>, model: string): Entry | undefined {
  const [, name = '', year, month, day] = snapshot.exec(model) ?? []
  const entry = Object.hasOwn(models, name) ? models[name] : undefined
  if (entry === undefined) return undefined
  const days = (Date.parse(`${year}-${month}-${day}`) - Date.parse(entry.released)) / 86_400_000
  return days >= -snapshotDaysMax && days <= snapshotDaysMax ? entry : undefined
}

function lastSegment(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1)
}

/** The names that a provider accepts for one model: with a region prefix, as an ARN, or as a resource path. */
function spellings(provider: string, model: string): string[] {
  const last = lastSegment(model)
  if (provider === 'amazon-bedrock') return [model, last, last.replace(/^(us-gov|us|eu|apac|global|jp|au|ca)\./, '')]
  if (provider.startsWith('google')) return [model, last, `${last}@default`]
  return [model]
}

function compile(entry: Entry, provider: string, model: string): CatalogueModel {
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
    ...listPrices(entry),
  }
}

/** The list prices of an entry, with what replaces them. */
export function listPrices(
  entry: PriceEntry & Pick<Entry, 'later'>,
): Pick<CatalogueModel, 'price' | 'unitPrice' | 'prices' | 'unitPrices'> {
  const dated = [{ fromMs: Number.NEGATIVE_INFINITY, of: entry as PriceEntry }]
  for (const one of entry.later ?? []) dated.push({ fromMs: Date.parse(one.from), of: one })
  const prices = dated.map(({ fromMs, of }) => ({ fromMs, value: listPrice(of) }))
  const unitPrices = dated.map(({ fromMs, of }) => ({ fromMs, value: listUnitPrice(of) }))
  return { price: prices[0]?.value, unitPrice: unitPrices[0]?.value, prices, unitPrices }
}

function listUnitPrice({ units }: PriceEntry): UnitPrice | undefined {
  return units === undefined ? undefined : unitPriceOf(units)
}

function listPrice({ price: rates, tiers = {}, calls }: PriceEntry): Price | undefined {
  if (rates === undefined) return undefined
  const tierRates = new Map(Object.entries(tiers).map(([name, tier]) => [name, ratesOfTier(rates, tier)]))
  const parts = { rates, tiers: tierRates, calls: calls === undefined ? undefined : callPricesOf(calls) }
  return priceOf(parts, { type: 'catalogue', ...catalogueSource() })
}

function ratesOfTier(rates: SteppedRates, tier: number | SteppedRates | null): SteppedRates | undefined {
  if (tier === null) return undefined
  return typeof tier === 'number' ? scaledRates(rates, tier) : tier
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
