// Tokens of one answer, each counted once. Providers disagree about what lies within what; their parsers settle it.
import type { TokenCounts } from '../usage/token-counts.ts'

export interface Usage extends TokenCounts {
  /** All input tokens: those read from a cache and those written to one included. */
  input: number
  /** All output tokens, reasoning included. */
  output: number
  /** The part of `input` that was read from the provider's cache. */
  cached: number
  /** The parts of `input` that were written to its cache, by how long they stay. */
  cacheWrite5m: number
  cacheWrite1h: number
  /** The part of `output` that was thought and not said. */
  reasoning: number
  /** What is charged, where that is another number. */
  billed?: { readonly input: number; readonly output: number } | undefined
}

export function usageOf(counts: Partial<Usage>): Usage {
  return { input: 0, output: 0, cached: 0, cacheWrite5m: 0, cacheWrite1h: 0, reasoning: 0, ...counts }
}

/** Larger than any context window by far: what exceeds it is a broken counter, not a count. */
const tokensMax = 1e9

/** A provider's count; undefined when it is none. */
export function tokenCount(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= tokensMax ? Math.trunc(value) : undefined
}
