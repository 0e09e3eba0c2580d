// Token counts of one answer, each token counted once. Providers differ in which counts include which; their parsers
// normalize this.
import type { TokenCounts } from '../usage/token-counts.ts'

export interface Usage extends TokenCounts {
  /** All input tokens, including cache reads and cache writes. */
  input: number
  /** All output tokens, including reasoning. */
  output: number
  /** The part of `input` that was read from the provider's cache. */
  cached: number
  /** The parts of `input` that were written to the provider's cache, by how long they are kept. */
  cacheWrite5m: number
  cacheWrite1h: number
  /** The part of `output` that is reasoning. */
  reasoning: number
  /** The tokens that are charged, if the provider counts them separately. */
  billed?: { readonly input: number; readonly output: number } | undefined
}

export function usageOf(counts: Partial<Usage>): Usage {
  return { input: 0, output: 0, cached: 0, cacheWrite5m: 0, cacheWrite1h: 0, reasoning: 0, ...counts }
}

/** Far more than any context window: a larger number comes from a broken counter. */
const tokensMax = 1e9

/** A provider's token count; undefined when `value` is not one. */
export function tokenCount(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= tokensMax ? Math.trunc(value) : undefined
}
