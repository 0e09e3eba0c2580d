// Tokens of one answer, as far as every record and every price needs them. `shared/chat/usage.ts` has the rest.

export interface TokenCounts {
  /** All input tokens, cached ones included. */
  input: number
  output: number
  /** The part of `input` that the provider read from its cache. */
  cached: number
}
