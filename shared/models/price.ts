// What tokens cost. Money is whole nano-dollars (10⁻⁹ USD); a price per million tokens of 1 USD is 1,000 nano-dollars a
// token, so rates may be fractions and only a sum is rounded.
import type { TokenCounts } from '../usage/token-counts.ts'

/** USD per million tokens. What is absent costs what its kind of token costs: cached and written input as input. */
export interface Rates {
  input: number
  output: number
  cached?: number | undefined
  /** Written to the provider's cache for five minutes, and for an hour. */
  write?: number | undefined
  write1h?: number | undefined
  /** Output that was thought and not said. */
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
  /** Rates of requests whose whole input is longer than `tokens`; longest first. */
  readonly above: readonly (TokenRates & { readonly tokens: number })[]
  readonly from: PriceSource
}

export type PriceSource =
  | { readonly type: 'configured' }
  | { readonly type: 'catalogue'; readonly source: string; readonly date: string }

/** `TokenCounts`, and where a dialect tells them the parts that are priced apart. */
export type PricedTokens = TokenCounts & {
  readonly cacheWrite5m?: number
  readonly cacheWrite1h?: number
  readonly reasoning?: number
  /** What is charged, where the provider counts that apart. */
  readonly billed?: { readonly input: number; readonly output: number } | undefined
}

export function priceOfRates(rates: Rates & { above?: (Rates & { tokens: number })[] }, from: PriceSource): Price {
  const above = (rates.above ?? []).map((step) => ({ ...tokenRates(step), tokens: step.tokens }))
  return { ...tokenRates(rates), above: above.sort((a, b) => b.tokens - a.tokens), from }
}

export const freeOfCharge: Price = priceOfRates({ input: 0, output: 0 }, { type: 'configured' })

/** Nano-dollars, whole; 0 without a price. Each token is counted once: cached and written input are parts of the input,
 *  thoughts a part of the output. */
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
