// The amount of reasoning: some providers take an effort word, others a token budget. One table converts both ways.
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

/** The token budget: 0 for no reasoning, undefined when the model decides. */
export function budgetOf({ budgetTokens, effort }: ReasoningWish): number | undefined {
  return budgetTokens ?? (effort === undefined ? undefined : budgets[effort])
}

/** The lowest effort whose budget is large enough; undefined when the model decides. */
export function effortOf({ effort, budgetTokens }: ReasoningWish): Effort | undefined {
  if (effort !== undefined || budgetTokens === undefined) return effort
  return efforts.find((one) => budgets[one] >= budgetTokens) ?? 'max'
}

/** The nearest supported effort. `known` is in rising order. */
export function nearestEffort(effort: Effort, known: readonly Effort[]): Effort {
  const rank = (one: Effort) => efforts.indexOf(one)
  return known.find((one) => rank(one) >= rank(effort)) ?? known.at(-1) ?? effort
}

/** The supported effort that a caller is given who asks for another: the highest one below, so that nothing costs more
 *  than was asked, or else the lowest one. Reasoning is turned off only for those who ask for that. */
export function fittingEffort(effort: Effort, known: readonly Effort[]): Effort | undefined {
  if (known.includes(effort)) return effort
  const rank = (one: Effort) => efforts.indexOf(one)
  const reasoning = known.filter((one) => one !== 'none')
  return reasoning.findLast((one) => rank(one) < rank(effort)) ?? reasoning[0]
}
