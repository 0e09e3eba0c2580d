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

/** An answer that tells no size of its request was charged the lowest. */
const untold: ChargedCalls = { requestsLow: 1 }

/** Nano-dollars, not rounded. What has no price is free of charge. */
export function costOfCalls(prices: CallPrices, calls: ChargedCalls | undefined): number {
  const isRequestTold =
    calls !== undefined && (calls.requestsMedium ?? calls.requestsHigh ?? calls.requestsLow) !== undefined
  return (isRequestTold ? 0 : sum(prices, untold)) + (calls === undefined ? 0 : sum(prices, calls))
}

function sum(prices: CallPrices, calls: ChargedCalls): number {
  let cost = 0
  for (const [call, each] of prices) cost += each * (calls[call] ?? 0)
  return cost
}
