// Prices of what is charged by the call: searches, requests, and tokens of what a search has found.
import type { ChargedCall, ChargedCalls } from '../usage/charged-calls.ts'

/** USD. A rate of a request counts for each answer; the three are for how much the provider's search reads. */
export interface CallPriceSpec {
  perWebSearch?: number
  perFileSearch?: number
  perGroundedPrompt?: number
  perRequest?: number | { low: number; medium: number; high: number }
  citationPerMTok?: number
}

/** Nano-dollars by what is charged. */
export type CallPrices = ReadonlyMap<ChargedCall, number>

const nano = 1e9

export function callPricesOf(spec: CallPriceSpec): CallPrices {
  const { perRequest, citationPerMTok } = spec
  const sizes = typeof perRequest === 'number' ? { low: perRequest, medium: perRequest, high: perRequest } : perRequest
  const prices: [ChargedCall, number | undefined][] = [
    ['webSearches', spec.perWebSearch],
    ['fileSearches', spec.perFileSearch],
    ['groundedPrompts', spec.perGroundedPrompt],
    ['requestsLow', sizes?.low],
    ['requestsMedium', sizes?.medium],
    ['requestsHigh', sizes?.high],
    ['citationTokens', citationPerMTok === undefined ? undefined : citationPerMTok / 1e6],
  ]
  return new Map(prices.flatMap(([call, usd]) => (usd === undefined ? [] : [[call, usd * nano]])))
}

/** Nano-dollars, not rounded. What has no price is free of charge. A request whose size the answer does not tell was charged as the
 *  smallest. */
export function costOfCalls(prices: CallPrices, calls: ChargedCalls | undefined): number {
  const least = prices.get('requestsLow') ?? 0
  if (calls === undefined) return least
  const isSizeTold = (calls.requestsLow ?? calls.requestsMedium ?? calls.requestsHigh) !== undefined
  let cost = isSizeTold ? 0 : least
  for (const [call, each] of prices) cost += each * (calls[call] ?? 0)
  return cost
}
