// Prices of tokens. Amounts are whole nano-dollars (10⁻⁹ USD). A price of 1 USD per million tokens is 1,000
// nano-dollars per token, so rates may be fractions, and only sums are rounded.
import type { TokenCounts } from '../usage/token-counts.ts'

/** USD per million tokens. Missing rates default to the rate of input or output: cached and written tokens to that of
 *  input. */
export interface Rates {
  input: number
  output: number
  cached?: number | undefined
  /** Rates of cache writes that are kept for five minutes, and for an hour. */
  write?: number | undefined
  write1h?: number | undefined
  /** The rate of reasoning tokens. */
  reasoning?: number | undefined
}

/** Nano-dollars per token. */
export interface TokenRates {
  readonly input: number
  readonly cached: number
  readonly write5m: number
  readonly write1h: number
  readonly output: number
  readonly reasoning: number
}

export interface Price extends TokenRates {
  /** Rates of requests with more input tokens than `tokens`; highest first. */
  readonly above: readonly (TokenRates & { readonly tokens: number })[]
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
  /** The tokens that are charged, if the provider counts them separately. */
  readonly billed?: { readonly input: number; readonly output: number } | undefined
}

export function priceOfRates(rates: Rates & { above?: (Rates & { tokens: number })[] }, from: PriceSource): Price {
  const above = (rates.above ?? []).map((step) => ({ ...tokenRates(step), tokens: step.tokens }))
  return { ...tokenRates(rates), above: above.sort((a, b) => b.tokens - a.tokens), from }
}

export const freeOfCharge: Price = priceOfRates({ input: 0, output: 0 }, { type: 'configured' })

/** The cost in whole nano-dollars; 0 without a price. Each token is counted once: cache reads and writes are parts of
 *  the input, reasoning is a part of the output. */
export function costOf(price: Price | undefined, tokens: PricedTokens): number {
  if (price === undefined) return 0
  if (tokens.billed !== undefined) return costOf(price, { ...tokens.billed, cached: 0 })
  const rates = ratesFor(price, tokens.input)
  const { cacheWrite5m = 0, cacheWrite1h = 0, reasoning = 0 } = tokens
  const uncached = Math.max(0, tokens.input - tokens.cached - cacheWrite5m - cacheWrite1h)
  const said = Math.max(0, tokens.output - reasoning)
  return Math.round(
    uncached * rates.input +
      tokens.cached * rates.cached +
      cacheWrite5m * rates.write5m +
      cacheWrite1h * rates.write1h +
      said * rates.output +
      reasoning * rates.reasoning,
  )
}

function ratesFor(price: Price, input: number): TokenRates {
  for (const step of price.above) if (input > step.tokens) return step
  return price
}

function tokenRates({ input, output, cached, write, write1h, reasoning }: Rates): TokenRates {
  const nano = (usdPerMTok: number) => usdPerMTok * 1_000
  return {
    input: nano(input),
    cached: nano(cached ?? input),
    write5m: nano(write ?? input),
    write1h: nano(write1h ?? write ?? input),
    output: nano(output),
    reasoning: nano(reasoning ?? output),
  }
}
