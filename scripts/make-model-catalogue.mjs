// Makes `shared/models/catalogue.json` from a file of model facts: `node scripts/make-model-catalogue.mjs facts.json`. Only
// what the gateway uses is kept, one model a line, so that a price that changes is one line of a diff.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { added, announced, callsOf, correctedCost, tiersOf } from './catalogue-corrections.mjs'

const [factsPath] = process.argv.slice(2)
if (factsPath === undefined) {
  process.stderr.write('usage: node scripts/make-model-catalogue.mjs facts.json\n')
  process.exit(2)
}
const facts = JSON.parse(readFileSync(factsPath, 'utf8'))
const lines = Object.entries(facts.providers).map(([provider, models]) => {
  const entries = Object.entries({ ...added[provider], ...models })
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, model]) => `      ${JSON.stringify(id)}: ${JSON.stringify(entryOf(provider, id, model))}`)
  return `    ${JSON.stringify(provider)}: {\n${entries.join(',\n')}\n    }`
})
const head = `  "source": ${JSON.stringify(facts.source)},\n  "date": ${JSON.stringify(facts.date)},\n  "prices": "USD per million tokens",\n`
const text = `{\n${head}  "providers": {\n${lines.join(',\n')}\n  }\n}\n`
writeFileSync(fileURLToPath(new URL('../shared/models/catalogue.json', import.meta.url)), text)

function entryOf(provider, id, model) {
  const { limit, modalities } = model
  const cost = correctedCost(facts.providers, provider, id)
  return definedOnly({
    name: model.name,
    context: positive(limit.context),
    output: positive(limit.output),
    inputs: modalities.input,
    outputs: modalities.output,
    tools: model.tool_call,
    schema: model.structured_output,
    reasoning: reasoningOf(id, model),
    sampling: model.temperature,
    endpoint: model.provider?.shape === 'responses' ? 'responses' : undefined,
    released: model.release_date,
    deprecated: model.status === 'deprecated' ? true : undefined,
    price: cost === undefined ? undefined : priceOf(id, cost),
    tiers: tierRates(id, tiersOf(facts.providers, provider, id)),
    calls: callsOf(facts.providers, provider, id),
    units: added[provider]?.[id]?.units,
    later: announced[provider]?.[id]?.map((change) => laterPrice(id, change)),
  })
}

/** A price that the provider has announced, from its date on. It is whole: what it does not have is not taken from the present one. */
function laterPrice(id, { from, cost, tiers, calls, units }) {
  const price = cost === undefined ? undefined : priceOf(id, cost)
  return definedOnly({ from, price, tiers: tierRates(id, tiers), calls, units })
}

/** The form in which a model is asked to think; false when it does not think. */
function reasoningOf(id, { reasoning, reasoning_options: options = [] }) {
  if (!reasoning) return false
  const kinds = options.map(({ type }) => type)
  if (kinds.includes('budget_tokens')) return 'budget'
  if (!kinds.includes('effort')) return true
  // Newer Claude models decide themselves how much they think, within an effort.
  return id.includes('claude') ? 'adaptive' : 'effort'
}

function priceOf(id, cost) {
  return definedOnly({
    ...ratesOf(id, cost),
    above: cost.tiers?.map(({ tier, ...rates }) => ({ tokens: tier.size, ...ratesOf(id, rates) })),
  })
}

function ratesOf(id, cost) {
  const { input, output, cache_read, cache_write, reasoning, input_audio, output_audio, input_image, output_image } =
    cost
  return definedOnly({
    input,
    output,
    cached: cache_read,
    write: cache_write,
    write1h: longWrite(id, input, cache_write),
    reasoning,
    audioInput: input_audio,
    cachedAudio: cost.cache_read_audio,
    audioOutput: output_audio,
    imageInput: input_image,
    cachedImage: cost.cache_read_image,
    imageOutput: output_image,
  })
}

// The facts have one price for cache writes, that of five minutes. Anthropic's price list puts an hour at twice the input.
function longWrite(id, input, write) {
  return id.includes('claude') && write !== undefined ? 2 * input : undefined
}

function tierRates(id, tiers) {
  if (tiers === undefined) return undefined
  const rates = Object.entries(tiers).map(([name, tier]) => [
    name,
    tier?.input === undefined ? tier : ratesOf(id, tier),
  ])
  return Object.fromEntries(rates)
}

function positive(count) {
  return count > 0 ? count : undefined
}

function definedOnly(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
