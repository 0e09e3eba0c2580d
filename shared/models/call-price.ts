// Prices of what is charged by the call: searches, requests, and tokens of what a search has found.
import type { ChargedCall, ChargedCalls } from '../usage/charged-calls.ts'
import { type ExactCost, picoOf } from './exact-cost.ts'

/** USD. A rate of a request counts for each answer; the three are for how much the provider's search reads. */
export interface CallPriceSpec {
  perWebSearch?: number
  perFileSearch?: number
  perGroundedPrompt?: number
  perRequest?: number | { low: number; medium: number; high: number }
  citationPerMTok?: number
}

/** Pico-dollars by what is charged. */
export type CallPrices = ReadonlyMap<ChargedCall, number>

export function callPricesOf(spec: CallPriceSpec): CallPrices {
  const { perRequest, citationPerMTok } = spec
  const sizes = typeof perRequest === 'number' ? { low: perRequest, medium: perRequest, high: perRequest } : perRequest
  const prices: [ChargedCall, number | undefined, number?][] = [
    ['webSearches', spec.perWebSearch],
    ['fileSearches', spec.perFileSearch],
    ['groundedPrompts', spec.perGroundedPrompt],
    ['requestsLow', sizes?.low],
    ['requestsMedium', sizes?.medium],
    ['requestsHigh', sizes?.high],
    ['citationTokens', citationPerMTok, 1e6],
  ]
  return new Map(prices.flatMap(([call, usd, per]) => (usd === undefined ? [] : [[call, picoOf(usd, per)]])))
}

/** Adds what was charged by the call. What has no price is free of charge. A request whose size the answer does not tell was charged as
 *  the smallest. */
export function addCalls(cost: ExactCost, prices: CallPrices, calls: ChargedCalls | undefined): void {
  const isSizeTold = (calls?.requestsLow ?? calls?.requestsMedium ?? calls?.requestsHigh) !== undefined
  if (!isSizeTold) cost.add(1, prices.get('requestsLow') ?? 0)
  if (calls === undefined) return
  for (const [call, each] of prices) cost.add(calls[call] ?? 0, each)
}
