// Costs by the published prices: a model of the catalogue, what an answer reports, and what the provider charges for that. The figure of
// each case is computed from the price page of the provider; USD per million tokens stand in the comment.
import { describe, expect, test } from 'vitest'
import { type Usage, usageOf } from '../../../shared/chat/usage.ts'
import { catalogueModel } from '../../../shared/models/catalogue.ts'
import { testTarget } from '../providers/test-connect.ts'
import { costOfAnswer } from './attempt-cost.ts'

type Case = readonly [model: string, usage: Partial<Usage>, usdPerMillion: number | undefined]

function costOf(model: string, usage: Partial<Usage>): number | undefined {
  const slash = model.indexOf('/')
  const price = catalogueModel(model.slice(0, slash), model.slice(slash + 1))?.price
  const target = testTarget({ kind: 'openai' }, { price })
  const untold = { units: undefined, countsUnits: false, askedTier: undefined, receivedAtMs: 0 }
  return costOfAnswer(target, { tokens: usageOf(usage), ...untold })
}

function pricedAs(cases: readonly Case[]): void {
  test.each(cases)('%s: %j', (model, usage, usdPerMillion) => {
    expect(costOf(model, usage)).toBe(usdPerMillion === undefined ? undefined : Math.round(usdPerMillion * 1_000))
  })
}

const text = { input: 10_000, output: 1_000 }

describe('service tiers', () => {
  pricedAs([
    // openai.com/api-priority-processing
    ['openai/gpt-5.5', { ...text, tier: 'priority' }, 10_000 * 12.5 + 1_000 * 75],
    ['openai/gpt-5.4', { ...text, tier: 'priority' }, 10_000 * 5 + 1_000 * 30],
    ['openai/gpt-5.4', { ...text, cached: 4_000, tier: 'priority' }, 6_000 * 5 + 4_000 * 0.5 + 1_000 * 30],
    ['openai/gpt-5', { ...text, tier: 'priority' }, 10_000 * 2.5 + 1_000 * 20],
    ['openai/gpt-5-mini', { ...text, tier: 'priority' }, 10_000 * 0.45 + 1_000 * 3.6],
    ['openai/gpt-4.1', { ...text, tier: 'priority' }, 10_000 * 3.5 + 1_000 * 14],
    ['openai/gpt-4o', { ...text, tier: 'priority' }, 10_000 * 4.25 + 1_000 * 17],
    ['openai/o4-mini', { ...text, tier: 'priority' }, 10_000 * 2 + 1_000 * 8],
    // developers.openai.com/api/docs/pricing: flex is half
    ['openai/gpt-5', { ...text, tier: 'flex' }, 10_000 * 0.625 + 1_000 * 5],
    ['openai/gpt-5', { ...text, cached: 10_000, tier: 'flex' }, 10_000 * 0.0625 + 1_000 * 5],
    ['openai/o3', { ...text, tier: 'flex' }, 10_000 * 1 + 1_000 * 4],
    ['openai/o4-mini', { ...text, tier: 'flex' }, 10_000 * 0.55 + 1_000 * 2.2],
    ['openai/gpt-5.4', { input: 300_000, output: 1_000, tier: 'flex' }, 300_000 * 2.5 + 1_000 * 11.25],
    ['openai/gpt-5', { ...text, tier: 'standard' }, 10_000 * 1.25 + 1_000 * 10],
    ['openai/gpt-5-2025-08-07', { ...text, tier: 'flex' }, 10_000 * 0.625 + 1_000 * 5],
    // not sold, so not published
    ['openai/gpt-5-nano', { ...text, tier: 'priority' }, undefined],
    ['azure/gpt-5', { ...text, tier: 'priority' }, undefined],
    ['amazon-bedrock/amazon.nova-pro-v1:0', { ...text, tier: 'flex' }, undefined],
    // ai.google.dev/gemini-api/docs/optimization: flex and batch are half
    ['google/gemini-2.5-flash', { ...text, tier: 'flex' }, 10_000 * 0.15 + 1_000 * 1.25],
    ['google-vertex/gemini-2.5-pro', { ...text, tier: 'priority' }, 10_000 * 2.25 + 1_000 * 18],
    ['google-vertex/gemini-2.5-pro', { ...text, tier: 'provisioned_throughput' }, undefined],
    // platform.claude.com/docs/en/about-claude/pricing: batches are half, the fast mode of Opus 4.6 is six times, of 4.8 twice
    ['anthropic/claude-sonnet-4-5', { ...text, tier: 'batch' }, 10_000 * 1.5 + 1_000 * 7.5],
    ['anthropic/claude-opus-4-6', { ...text, tier: 'fast' }, 10_000 * 30 + 1_000 * 150],
    ['anthropic/claude-opus-4-8', { ...text, tier: 'fast' }, 10_000 * 10 + 1_000 * 50],
    ['anthropic/claude-sonnet-4-5', { ...text, tier: 'priority' }, 10_000 * 3 + 1_000 * 15],
    // Groq charges its flex processing as its standard one.
    ['groq/openai/gpt-oss-120b', { ...text, tier: 'flex' }, 10_000 * 0.15 + 1_000 * 0.6],
  ])
})

describe('sound and pictures', () => {
  const heard = { audioInput: 10_000, imageInput: 0, audioOutput: 0, imageOutput: 0 }
  const drawn = { audioInput: 0, imageInput: 0, audioOutput: 0, imageOutput: 1_290 }
  pricedAs([
    // ai.google.dev/gemini-api/docs/pricing
    ['google/gemini-2.5-flash', { input: 11_000, output: 100, media: heard }, 1_000 * 0.3 + 10_000 * 1 + 100 * 2.5],
    [
      'google/gemini-2.5-flash',
      { input: 11_000, output: 100, cached: 5_000, media: { ...heard, cachedAudio: 5_000 } },
      1_000 * 0.3 + 5_000 * 1 + 5_000 * 0.1 + 100 * 2.5,
    ],
    // Without word of their kind, the text of the prompt is cached first.
    [
      'google/gemini-2.5-flash',
      { input: 11_000, output: 100, cached: 3_000, media: heard },
      1_000 * 0.03 + 2_000 * 0.1 + 8_000 * 1 + 100 * 2.5,
    ],
    ['google-vertex/gemini-2.5-flash', { input: 11_000, output: 0, media: heard }, 1_000 * 0.3 + 10_000 * 1],
    ['google/gemini-2.5-pro', { input: 11_000, output: 0, media: heard }, 11_000 * 1.25],
    ['google/gemini-2.5-flash', { input: 11_000, media: heard, tier: 'flex' }, 1_000 * 0.15 + 10_000 * 0.5],
    ['google/gemini-2.5-flash-image', { input: 100, output: 1_390, media: drawn }, 100 * 0.3 + 100 * 2.5 + 1_290 * 30],
    [
      'google/gemini-3-pro-image-preview',
      { input: 100, output: 1_390, media: drawn },
      100 * 2 + 100 * 12 + 1_290 * 120,
    ],
    // developers.openai.com/api/docs/models/gpt-audio, gpt-4o-transcribe, gpt-image-1
    [
      'openai/gpt-audio',
      { input: 11_000, output: 600, media: { ...heard, audioOutput: 500 } },
      1_000 * 2.5 + 10_000 * 32 + 100 * 10 + 500 * 64,
    ],
    ['openai/gpt-4o-transcribe', { input: 10_010, output: 100, media: heard }, 10 * 2.5 + 10_000 * 6 + 100 * 10],
    [
      'openai/gpt-image-1',
      { input: 300, output: 4_160, media: { ...drawn, imageInput: 200, imageOutput: 0 } },
      100 * 5 + 200 * 10 + 4_160 * 40,
    ],
  ])
})

describe('long requests', () => {
  const long = { input: 300_000, output: 400 }
  pricedAs([
    ['anthropic/claude-sonnet-4-5', { input: 200_000, output: 400 }, 200_000 * 3 + 400 * 15],
    ['anthropic/claude-sonnet-4-5', long, 300_000 * 6 + 400 * 22.5],
    ['anthropic/claude-sonnet-4-20250514', long, 300_000 * 6 + 400 * 22.5],
    [
      'anthropic/claude-sonnet-4-5',
      { input: 300_000, cached: 100_000, cacheWrite5m: 50_000, cacheWrite1h: 50_000, output: 400 },
      100_000 * 6 + 100_000 * 0.6 + 50_000 * 7.5 + 50_000 * 12 + 400 * 22.5,
    ],
    ['amazon-bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0', long, 300_000 * 6.6 + 400 * 24.75],
    ['google-vertex/claude-sonnet-4-5', long, 300_000 * 6 + 400 * 22.5],
    // One price for the whole window.
    ['anthropic/claude-sonnet-4-6', long, 300_000 * 3 + 400 * 15],
    ['google/gemini-2.5-pro', long, 300_000 * 2.5 + 400 * 15],
    ['openai/gpt-5.4', long, 300_000 * 5 + 400 * 22.5],
  ])
})

describe('cache reads and writes', () => {
  const written = { input: 10_000, output: 0, cached: 1_000, cacheWrite5m: 2_000, cacheWrite1h: 3_000 }
  pricedAs([
    ['anthropic/claude-sonnet-4-5', written, 4_000 * 3 + 1_000 * 0.3 + 2_000 * 3.75 + 3_000 * 6],
    ['anthropic/claude-3-haiku-20240307', written, 4_000 * 0.25 + 1_000 * 0.03 + 2_000 * 0.3 + 3_000 * 0.5],
    ['anthropic/claude-3-sonnet-20240229', written, 4_000 * 3 + 1_000 * 0.3 + 2_000 * 3.75 + 3_000 * 6],
    ['anthropic/claude-opus-4-8', { ...written, tier: 'fast' }, 4_000 * 10 + 1_000 * 1 + 2_000 * 12.5 + 3_000 * 20],
    ['google-vertex/claude-haiku-4-5', written, 4_000 * 1 + 1_000 * 0.1 + 2_000 * 1.25 + 3_000 * 2],
    ['azure/gpt-5', { input: 10_000, output: 0, cached: 8_000 }, 2_000 * 1.25 + 8_000 * 0.125],
    ['azure/gpt-5-mini', { input: 10_000, output: 0, cached: 8_000 }, 2_000 * 0.25 + 8_000 * 0.025],
    ['azure/gpt-5-chat', { input: 10_000, output: 0, cached: 8_000 }, 2_000 * 1.25 + 8_000 * 0.125],
    ['azure/gpt-5.2', { input: 10_000, output: 0, cached: 8_000 }, 2_000 * 1.75 + 8_000 * 0.175],
  ])
})

describe('fees by the call', () => {
  const asked = { input: 1_000, output: 400 }
  const search = (webSearches: number) => ({ webSearches, groundedPrompts: 1 })
  pricedAs([
    // 10 USD for 1,000 web searches
    ['anthropic/claude-sonnet-4-5', { ...asked, calls: { webSearches: 3 } }, 1_000 * 3 + 400 * 15 + 30_000],
    ['openai/gpt-5', { ...asked, calls: { webSearches: 2, fileSearches: 2 } }, 1_000 * 1.25 + 400 * 10 + 25_000],
    // 35 USD for 1,000 prompts, later 14 for 1,000 searches
    ['google/gemini-2.5-flash', { ...asked, calls: search(4) }, 1_000 * 0.3 + 400 * 2.5 + 35_000],
    ['google/gemini-3-flash-preview', { ...asked, calls: search(4) }, 1_000 * 0.5 + 400 * 3 + 4 * 14_000],
    // docs.perplexity.ai/getting-started/pricing
    ['perplexity/sonar', { ...asked, calls: { requestsHigh: 1 } }, 1_000 * 1 + 400 * 1 + 12_000],
    ['perplexity/sonar-pro', { ...asked, calls: { requestsMedium: 1 } }, 1_000 * 3 + 400 * 15 + 10_000],
    ['perplexity/sonar', asked, 1_000 * 1 + 400 * 1 + 5_000],
    [
      'perplexity/sonar-deep-research',
      { input: 33, output: 7_163 + 73_997, reasoning: 73_997, calls: { webSearches: 18, citationTokens: 20_016 } },
      33 * 2 + 7_163 * 8 + 73_997 * 3 + 20_016 * 2 + 18 * 5_000,
    ],
  ])
})

describe('names', () => {
  pricedAs([
    ['google-vertex/claude-sonnet-4-5@default', text, 10_000 * 3 + 1_000 * 15],
    ['google-vertex/claude-opus-4-6', text, 10_000 * 5 + 1_000 * 25],
    ['openai/gpt-4.1-2025-04-14', text, 10_000 * 2 + 1_000 * 8],
    ['openai/gpt-4o-2024-05-13', text, 10_000 * 5 + 1_000 * 15],
    ['cohere/embed-v4.0', { input: 10_000 }, 10_000 * 0.12],
    ['openai/text-embedding-3-small', { input: 10_000 }, 10_000 * 0.02],
    // What is newer than the catalogue has no price.
    ['anthropic/claude-sonnet-9', text, undefined],
    ['openai/gpt-9', text, undefined],
    ['openai/gpt-5-2031-01-01', text, undefined],
    ['google-vertex/claude-sonnet-4-5@20310101', text, undefined],
  ])
})
