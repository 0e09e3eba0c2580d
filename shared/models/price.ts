// Prices of tokens. Amounts are whole nano-dollars (10⁻⁹ USD). A price of 1 USD per million tokens is 1,000
// nano-dollars per token, so rates may be fractions, and only sums are rounded.
import type { MediaTokens } from '../chat/usage.ts'
import type { ChargedCalls } from '../usage/charged-calls.ts'
import type { TokenCounts } from '../usage/token-counts.ts'
import { type CallPrices, costOfCalls } from './call-price.ts'

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

/** Nano-dollars per token. */
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
  const cost = price.calls.size === 0 ? 0 : costOfCalls(price.calls, tokens.calls)
  return Math.round(cost + costOfTokens(rates, tokens))
}

/** Each token is counted once: cache reads and writes are parts of the input, reasoning is a part of the output, and what is no text
 *  is a part of both. */
function costOfTokens(price: TokenPrice, tokens: PricedTokens): number {
  const { billed, media } = tokens
  if (billed !== undefined) return billed.input * price.input + billed.output * price.output
  const rates = ratesFor(price, tokens.input)
  const { cacheWrite5m = 0, cacheWrite1h = 0, reasoning = 0 } = tokens
  const written = cacheWrite5m + cacheWrite1h
  const parts = cacheWrite5m * rates.write5m + cacheWrite1h * rates.write1h + reasoning * rates.reasoning
  if (media !== undefined) return parts + costOfMixed(rates, tokens, media, { written, reasoning })
  const uncached = Math.max(0, tokens.input - tokens.cached - written)
  const said = Math.max(0, tokens.output - reasoning)
  return parts + uncached * rates.input + tokens.cached * rates.cached + said * rates.output
}

/** The cost of what is neither written to the cache nor reasoning, in an answer that is not text alone. Where cached tokens are not told
 *  apart by kind, text comes first: it stands at the beginning of a prompt. */
function costOfMixed(
  rates: TokenRates,
  { input, output, cached }: TokenCounts,
  { audioInput, imageInput, audioOutput, imageOutput, ...told }: MediaTokens,
  { written, reasoning }: { written: number; reasoning: number },
): number {
  const text = Math.max(0, input - audioInput - imageInput)
  const cachedAudio = Math.min(audioInput, told.cachedAudio ?? Math.max(0, cached - text - imageInput))
  const cachedImage = Math.min(imageInput, told.cachedImage ?? Math.max(0, cached - text - cachedAudio))
  const cachedText = Math.max(0, cached - cachedAudio - cachedImage)
  return (
    Math.max(0, text - cachedText - written) * rates.input +
    cachedText * rates.cached +
    (audioInput - cachedAudio) * rates.audioInput +
    cachedAudio * rates.cachedAudio +
    (imageInput - cachedImage) * rates.imageInput +
    cachedImage * rates.cachedImage +
    Math.max(0, output - reasoning - audioOutput - imageOutput) * rates.output +
    audioOutput * rates.audioOutput +
    imageOutput * rates.imageOutput
  )
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
    input: nano(input),
    cached: nano(cached),
    write5m: nano(write),
    write1h: nano(write1h),
    output: nano(output),
    reasoning: nano(reasoning),
    audioInput: nano(audioInput),
    cachedAudio: nano(cachedAudio),
    audioOutput: nano(audioOutput),
    imageInput: nano(imageInput),
    cachedImage: nano(cachedImage),
    imageOutput: nano(imageOutput),
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

function nano(usdPerMTok: number): number {
  return usdPerMTok * 1_000
}
