// The catalogue against the price lists that providers publish.
import { describe, expect, test } from 'vitest'
import { catalogueEntries, catalogueModel, cataloguePlaces } from './catalogue.ts'
import { plainName, undated } from './model-names.ts'
import type { TokenRates } from './price.ts'

// source: platform.claude.com/docs/en/about-claude/pricing; USD per million tokens:
// input, write of five minutes, write of an hour, read, output
const claude: Readonly<Record<string, readonly [number, number, number, number, number]>> = {
  'claude-fable-5': [10, 12.5, 20, 1, 50],
  'claude-opus-4-8': [5, 6.25, 10, 0.5, 25],
  'claude-opus-4-7': [5, 6.25, 10, 0.5, 25],
  'claude-opus-4-6': [5, 6.25, 10, 0.5, 25],
  'claude-opus-4-5': [5, 6.25, 10, 0.5, 25],
  'claude-opus-4-1': [15, 18.75, 30, 1.5, 75],
  'claude-opus-4': [15, 18.75, 30, 1.5, 75],
  'claude-opus-4-0': [15, 18.75, 30, 1.5, 75],
  'claude-sonnet-5': [2, 2.5, 4, 0.2, 10],
  'claude-sonnet-4-6': [3, 3.75, 6, 0.3, 15],
  'claude-sonnet-4-5': [3, 3.75, 6, 0.3, 15],
  'claude-sonnet-4': [3, 3.75, 6, 0.3, 15],
  'claude-sonnet-4-0': [3, 3.75, 6, 0.3, 15],
  'claude-3-7-sonnet': [3, 3.75, 6, 0.3, 15],
  'claude-3-5-sonnet': [3, 3.75, 6, 0.3, 15],
  'claude-3-sonnet': [3, 3.75, 6, 0.3, 15],
  'claude-haiku-4-5': [1, 1.25, 2, 0.1, 5],
  'claude-3-5-haiku': [0.8, 1, 1.6, 0.08, 4],
  'claude-3-opus': [15, 18.75, 30, 1.5, 75],
  'claude-3-haiku': [0.25, 0.3, 0.5, 0.03, 1.25],
}
const placesOfClaude = ['anthropic', 'amazon-bedrock', 'google-vertex', 'google-vertex-anthropic', 'azure']

function claudeModels(): [place: string, id: string, name: string][] {
  return placesOfClaude.flatMap((place) =>
    catalogueEntries(place)
      .filter(({ id }) => id.includes('claude'))
      .map(({ id }): [string, string, string] => [place, id, undated(plainName(place, id))]),
  )
}

function inUsd({ input, write5m, write1h, cached, output }: TokenRates): number[] {
  return [input, write5m, write1h, cached, output].map((pico) => pico / 1e6)
}

describe('Claude costs what its maker asks, or a tenth more in a region', () => {
  test.each(claudeModels())('%s/%s', (place, id, name) => {
    const price = catalogueModel(place, id)?.price
    const list = claude[name]
    if (price === undefined || list === undefined) throw new Error(`${name} is in no table`)
    const factor = price.input / 1e6 / list[0]
    expect([1, 1.1]).toContainEqual(Math.round(factor * 100) / 100)
    expect(inUsd(price)).toEqual(list.map((usd) => Math.round(usd * factor * 1e6) / 1e6))
    if (place !== 'amazon-bedrock') expect(price.calls.get('webSearches')).toBe(searches(name) ? 1e10 : undefined)
  })
})

function searches(name: string): boolean {
  return !/^claude-3-(haiku|sonnet|opus)/.test(name)
}

describe('a model costs the same at Azure as at OpenAI, and at Vertex AI as at the Gemini API', () => {
  const pairs = [
    ['azure', 'openai'],
    ['google-vertex', 'google'],
  ] as const
  const models = pairs.flatMap(([place, owner]) =>
    catalogueEntries(place).map(({ id }): [string, string, string] => [place, owner, id]),
  )
  const priced = (owner: string, id: string) => catalogueModel(owner, id) ?? catalogueModel(owner, `${id}-latest`)
  const shared = models.filter(([place, owner, id]) => {
    return priced(owner, id)?.price !== undefined && catalogueModel(place, id)?.price !== undefined
  })
  test.each(shared)('%s and %s: %s', (place, owner, id) => {
    const { tiers: _t, calls: _c, from: _f, ...rates } = catalogueModel(place, id)?.price ?? {}
    expect(priced(owner, id)?.price).toMatchObject(rates)
  })
})

// source: the pages of the models at developers.openai.com/api/docs/models, console.groq.com/docs/models, cohere.com/pricing
test.each([
  ['openai', 'whisper-1', 'seconds', 0.006 / 60],
  ['openai', 'tts-1', 'characters', 15 / 1e6],
  ['openai', 'tts-1-hd', 'characters', 30 / 1e6],
  ['groq', 'whisper-large-v3', 'seconds', 0.111 / 3_600],
  ['groq', 'whisper-large-v3-turbo', 'seconds', 0.04 / 3_600],
  ['cohere', 'rerank-v3.5', 'search-units', 2 / 1_000],
] as const)('%s/%s is charged by %s', (place, id, unit, usd) => {
  expect(catalogueModel(place, id)?.unitPrice?.get(unit)).toBe(Math.round(usd * 1e12))
})

test('a tier never costs less than a third or more than six times of what the model costs', () => {
  for (const place of cataloguePlaces()) {
    for (const { id } of catalogueEntries(place)) {
      const price = catalogueModel(place, id)?.price
      for (const tier of price?.tiers.values() ?? []) {
        if (tier === undefined || price === undefined) continue
        for (const name of ['input', 'cached', 'write5m', 'write1h', 'output'] as const) {
          expect(tier[name], `${place}/${id}`).toBeGreaterThanOrEqual(price[name] / 3)
          expect(tier[name], `${place}/${id}`).toBeLessThanOrEqual(price[name] * 6.001)
        }
      }
    }
  }
})
