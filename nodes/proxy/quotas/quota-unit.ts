// What providers limit, and what one attempt may use of it.

/** What a limit of a provider counts. */
export type QuotaUnit = 'requests' | 'tokens' | 'inputTokens' | 'outputTokens'

/** The tokens of one attempt: estimated before it is sent, and known when it has ended. */
export interface QuotaUse {
  readonly input: number
  readonly output: number
}

export function amountOf(unit: QuotaUnit, { input, output }: QuotaUse): number {
  switch (unit) {
    case 'requests':
      return 1
    case 'tokens':
      return input + output
    case 'inputTokens':
      return input
    case 'outputTokens':
      return output
  }
}

/** What an attempt weighs in a queue. What has no tokens weighs as a small request. */
export function costOf({ input, output }: QuotaUse): number {
  return Math.max(1, input + output)
}
