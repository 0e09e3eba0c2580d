// Known facts about the models of the larger providers: context windows, capabilities and list prices, with source and
// date. `scripts/make-model-catalogue.mjs` generates the data; an operator's settings on a target take precedence. A
// model that is not listed works, but has no price.
import type { Capability, ModelFacts } from '../chat/capabilities.ts'
import data from './catalogue.json' with { type: 'json' }
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

export const catalogueSource = { source: data.source, date: data.date } as const

/** `provider` is a name of the catalogue (`catalogueProviderOf`), `model` the name at the provider. */
export function catalogueModel(provider: string, model: string): CatalogueModel | undefined {
  const key = `${provider}/${model}`
  const known = compiled.get(key)
  if (known !== undefined) return known
  const entry = find(provider, model)
  if (entry === undefined) return undefined
  const made = compile(entry)
  compiled.set(key, made)
  return made
}

/** The names of all models, as `provider/model`. */
export function catalogueNames(): string[] {
  return Object.entries(providers).flatMap(([provider, models]) => Object.keys(models).map((id) => `${provider}/${id}`))
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
  released: string
  deprecated?: boolean
  price?: Rates & { above?: (Rates & { tokens: number })[] }
  priority?: Rates
}

const providers = data.providers as unknown as Readonly<Record<string, Readonly<Record<string, Entry>>>>
/** Compiled entries. Its size is bounded by the catalogue: only models that were found are kept, under their few
 *  spellings. */
const compiled = new Map<string, CatalogueModel>()

function find(provider: string, model: string): Entry | undefined {
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

function compile(entry: Entry): CatalogueModel {
  const from = { type: 'catalogue', ...catalogueSource } as const
  return {
    name: entry.name,
    releasedAt: Date.parse(entry.released) / 1_000 || 0,
    isDeprecated: entry.deprecated === true,
    inputs: entry.inputs,
    outputs: entry.outputs,
    facts: factsOf(entry),
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
