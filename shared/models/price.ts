// Prices of tokens. Rates are whole pico-dollars (10⁻¹² USD): 1 USD per million tokens is 1,000,000 of them for a token. Costs are whole
// nano-dollars (10⁻⁹ USD): the exact sum of an answer is rounded once.
import type { MediaTokens } from '../chat/usage.ts'
import type { ChargedCalls } from '../usage/charged-calls.ts'
import type { TokenCounts } from '../usage/token-counts.ts'
import { addCalls, type CallPrices } from './call-price.ts'
import { ExactCost, picoPerToken } from './exact-cost.ts'

/** USD per million tokens. Missing rates default to the rate of input or output: cached and written tokens to that of
 *  input, sound and pictures to that of text, and cached ones of them are as much cheaper as cached text. */
export interface Rates {
  input: number
  output: number
  cached?: number | undefined
  /** Rates of cache writes that are kept for five minutes, and for an hour. */
  write?: number | undefined
  write1h?: number | undefined
  /** The rate of reasoning tokens. */
  reasoning?: number | undefined
  audioInput?: number | undefined
  cachedAudio?: number | undefined
  audioOutput?: number | undefined
  imageInput?: number | undefined
  cachedImage?: number | undefined
  imageOutput?: number | undefined
}

/** Rates with those of longer requests. */
export interface SteppedRates extends Rates {
  above?: (Rates & { tokens: number })[] | undefined
}

/** Pico-dollars per token. */
export interface TokenRates {
  readonly input: number
  readonly cached: number
  readonly write5m: number
  readonly write1h: number
  readonly output: number
  readonly reasoning: number
  readonly audioInput: number
  readonly cachedAudio: number
  readonly audioOutput: number
  readonly imageInput: number
  readonly cachedImage: number
  readonly imageOutput: number
}

export interface TokenPrice extends TokenRates {
  /** Rates of requests with more input tokens than `tokens`; highest first. */
  readonly above: readonly (TokenRates & { readonly tokens: number })[]
}

export interface Price extends TokenPrice {
  /** Whether sound has rates of its own. */
  readonly hasAudioRates: boolean
  /** The service tiers that cost something else; undefined where one is sold at a price that nobody knows. */
  readonly tiers: ReadonlyMap<string, TokenPrice | undefined>
  readonly calls: CallPrices
  readonly from: PriceSource
}

export type PriceSource =
  | { readonly type: 'configured' }
  | { readonly type: 'catalogue'; readonly source: string; readonly date: string }

/** `TokenCounts` with the parts that have rates of their own, where the dialect reports them. */
export type PricedTokens = TokenCounts & {
  readonly cacheWrite5m?: number
  readonly cacheWrite1h?: number
  readonly reasoning?: number
  readonly media?: MediaTokens | undefined
  /** The tokens that are charged, if the provider counts them separately. */
  readonly billed?: { readonly input: number; readonly output: number } | undefined
  readonly tier?: string | undefined
  readonly calls?: ChargedCalls | undefined
}

export interface PriceParts {
  readonly rates: SteppedRates
  readonly tiers?: ReadonlyMap<string, SteppedRates | undefined> | undefined
  readonly calls?: CallPrices | undefined
}

export function priceOf({ rates, tiers, calls = noCalls }: PriceParts, from: PriceSource): Price {
  const hasAudioRates = rates.audioInput !== undefined || rates.audioOutput !== undefined
  return { ...tokenPrice(rates), hasAudioRates, tiers: tierPrices(tiers), calls, from }
}

export function priceOfRates(rates: SteppedRates, from: PriceSource): Price {
  return priceOf({ rates }, from)
}

const noCalls: CallPrices = new Map()
const noTiers: Price['tiers'] = new Map()

function tierPrices(tiers: PriceParts['tiers']): Price['tiers'] {
  if (tiers === undefined) return noTiers
  return new Map([...tiers].map(([name, rates]) => [name, rates === undefined ? undefined : tokenPrice(rates)]))
}

export const freeOfCharge: Price = priceOfRates({ input: 0, output: 0 }, { type: 'configured' })

/** The cost in whole nano-dollars; undefined where the price is not known. `askedTier` counts where the answer tells no tier. */
export function costOf(price: Price | undefined, tokens: PricedTokens, askedTier?: string): number | undefined {
  if (price === undefined) return undefined
  const tier = tokens.tier ?? askedTier
  const rates = tier === undefined || !price.tiers.has(tier) ? price : price.tiers.get(tier)
  if (rates === undefined) return undefined
  const cost = new ExactCost()
  if (price.calls.size > 0) addCalls(cost, price.calls, tokens.calls)
  addTokens(cost, rates, tokens)
  return cost.nanoUsd
}

/** Each token is counted once: cache reads and writes are parts of the input, reasoning is a part of the output, and what is no text
 *  is a part of both. */
function addTokens(cost: ExactCost, price: TokenPrice, tokens: PricedTokens): void {
  const { billed, media } = tokens
  if (billed !== undefined) {
    cost.add(billed.input, price.input).add(billed.output, price.output)
    return
  }
  const rates = ratesFor(price, tokens.input)
  const { cacheWrite5m = 0, cacheWrite1h = 0, reasoning = 0 } = tokens
  const written = cacheWrite5m + cacheWrite1h
  cost.add(cacheWrite5m, rates.write5m).add(cacheWrite1h, rates.write1h).add(reasoning, rates.reasoning)
  if (media !== undefined) {
    addMixed(cost, rates, { tokens, media, written, reasoning })
    return
  }
  cost.add(tokens.input - tokens.cached - written, rates.input).add(tokens.cached, rates.cached)
  cost.add(tokens.output - reasoning, rates.output)
}

interface Mixed {
  readonly tokens: TokenCounts
  readonly media: MediaTokens
  readonly written: number
  readonly reasoning: number
}

/** Adds what is neither written to the cache nor reasoning, in an answer that is not text alone. Where cached tokens are not told apart
 *  by kind, text comes first: it stands at the beginning of a prompt. */
function addMixed(cost: ExactCost, rates: TokenRates, { tokens, media, written, reasoning }: Mixed): void {
  const { input, output, cached } = tokens
  const { audioInput, imageInput, audioOutput, imageOutput, ...told } = media
  const text = Math.max(0, input - audioInput - imageInput)
  const cachedAudio = Math.min(audioInput, told.cachedAudio ?? Math.max(0, cached - text - imageInput))
  const cachedImage = Math.min(imageInput, told.cachedImage ?? Math.max(0, cached - text - cachedAudio))
  const cachedText = Math.max(0, cached - cachedAudio - cachedImage)
  cost.add(text - cachedText - written, rates.input).add(cachedText, rates.cached)
  cost.add(audioInput - cachedAudio, rates.audioInput).add(cachedAudio, rates.cachedAudio)
  cost.add(imageInput - cachedImage, rates.imageInput).add(cachedImage, rates.cachedImage)
  cost.add(output - reasoning - audioOutput - imageOutput, rates.output)
  cost.add(audioOutput, rates.audioOutput).add(imageOutput, rates.imageOutput)
}

function ratesFor(price: TokenPrice, input: number): TokenRates {
  for (const step of price.above) if (input > step.tokens) return step
  return price
}

function tokenPrice({ above = [], ...rates }: SteppedRates): TokenPrice {
  const steps = above.map(({ tokens, ...step }) => ({ ...tokenRates(step), tokens }))
  return { ...tokenRates(rates), above: steps.sort((a, b) => b.tokens - a.tokens) }
}

function tokenRates(rates: Rates): TokenRates {
  const { input, output, cached = input, write = input, write1h = write, reasoning = output } = rates
  const { audioInput = input, imageInput = input, audioOutput = output, imageOutput = output } = rates
  const discount = input === 0 ? 1 : cached / input
  const { cachedAudio = audioInput * discount, cachedImage = imageInput * discount } = rates
  return {
    input: picoPerToken(input),
    cached: picoPerToken(cached),
    write5m: picoPerToken(write),
    write1h: picoPerToken(write1h),
    output: picoPerToken(output),
    reasoning: picoPerToken(reasoning),
    audioInput: picoPerToken(audioInput),
    cachedAudio: picoPerToken(cachedAudio),
    audioOutput: picoPerToken(audioOutput),
    imageInput: picoPerToken(imageInput),
    cachedImage: picoPerToken(cachedImage),
    imageOutput: picoPerToken(imageOutput),
  }
}

/** All rates, longer requests included, times `factor`. */
export function scaledRates({ above, ...rates }: SteppedRates, factor: number): SteppedRates {
  const steps = above?.map(({ tokens, ...step }) => ({ ...scaled(step, factor), tokens }))
  return { ...scaled(rates, factor), above: steps }
}

function scaled(rates: Rates, factor: number): Rates {
  const times = (usd: number | undefined) => (usd === undefined ? undefined : usd * factor)
  const { input, output, ...others } = rates
  const rest = Object.fromEntries(Object.entries(others).map(([name, usd]) => [name, times(usd)]))
  return { ...rest, input: input * factor, output: output * factor }
}
