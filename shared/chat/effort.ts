// How much a model shall think: some providers take a word, some a number of tokens. One table, both ways.
import type { Effort, ReasoningWish } from './request.ts'

export const efforts: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

const budgets: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1_024,
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 32_768,
  max: 65_536,
}

export function isEffort(text: string): text is Effort {
  return efforts.some((effort) => effort === text)
}

/** Tokens to think with; 0 for none; undefined where the model shall decide. */
export function budgetOf({ budgetTokens, effort }: ReasoningWish): number | undefined {
  return budgetTokens ?? (effort === undefined ? undefined : budgets[effort])
}

/** The least effort whose budget holds the number asked for; undefined where the model shall decide. */
export function effortOf({ effort, budgetTokens }: ReasoningWish): Effort | undefined {
  if (effort !== undefined || budgetTokens === undefined) return effort
  return efforts.find((one) => budgets[one] >= budgetTokens) ?? 'max'
}

/** The nearest of the efforts that a model knows, which stand in rising order. */
export function nearestEffort(effort: Effort, known: readonly Effort[]): Effort {
  const rank = (one: Effort) => efforts.indexOf(one)
  return known.find((one) => rank(one) >= rank(effort)) ?? known.at(-1) ?? effort
}
