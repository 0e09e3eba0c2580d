// How much a Gemini model thinks: older ones are told in tokens, newer ones in a word (wire 84). What a model cannot be told
// becomes the nearest thing that it can.
import { budgetOf, effortOf, nearestEffort } from '../../../../shared/chat/effort.ts'
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import type { Effort, ReasoningWish } from '../../../../shared/chat/request.ts'
import type { GeminiTraits } from './traits.ts'

/** Undefined: it cannot be asked to think. */
export function printGeminiThinking(
  wish: ReasoningWish,
  { model, thinking }: { readonly model: string; readonly thinking: GeminiTraits['thinking'] },
): JsonObject | undefined {
  if (thinking === 'none') return undefined
  const off = wish.effort === 'none' || wish.budgetTokens === 0
  const amount = thinking === 'level' ? levelOf(wish, model) : { thinkingBudget: budgetFor(wish, model) }
  // Whoever asks for thoughts wants to see them; with none there is nothing to show.
  return off || wish.summary === 'none' ? amount : { ...amount, includeThoughts: true }
}

/** In rising order. No model of this kind can be told not to think. */
const levels: readonly (readonly [RegExp, readonly Effort[]])[] = [
  [/gemini-3-pro/, ['low', 'high']],
  [/pro/, ['low', 'medium', 'high']],
  [/./, ['minimal', 'low', 'medium', 'high']],
]

function levelOf(wish: ReasoningWish, model: string): JsonObject {
  const effort = effortOf(wish)
  // It decides for itself when it is told nothing.
  if (effort === undefined) return {}
  const known = levels.find(([pattern]) => pattern.test(model))![1]
  return { thinkingLevel: nearestEffort(effort, known).toUpperCase() }
}

interface BudgetRange {
  readonly min: number
  readonly max: number
  readonly canBeOff: boolean
}

const budgets: readonly (readonly [RegExp, BudgetRange])[] = [
  [/pro/, { min: 128, max: 32_768, canBeOff: false }],
  [/lite/, { min: 512, max: 24_576, canBeOff: true }],
  [/./, { min: 1, max: 24_576, canBeOff: true }],
]

/** -1 leaves it to the model. */
function budgetFor(wish: ReasoningWish, model: string): number {
  const budget = budgetOf(wish)
  if (budget === undefined) return -1
  const { min, max, canBeOff } = budgets.find(([pattern]) => pattern.test(model))![1]
  if (budget === 0 && canBeOff) return 0
  return Math.min(max, Math.max(min, budget))
}
