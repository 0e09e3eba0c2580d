// How much a Gemini model thinks: older models take a token budget, newer ones a level (wire 84). A value that the
// model does not support becomes the nearest one that it does.
import { budgetOf, effortOf, nearestEffort } from '../../../../shared/chat/effort.ts'
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import type { Effort, ReasoningWish } from '../../../../shared/chat/request.ts'
import type { GeminiTraits } from './traits.ts'

export interface PrintedThinking {
  readonly config: JsonObject
  /** Whether the model was asked for more or less than it can give. */
  readonly isNarrowed: boolean
}

/** The thinking configuration; undefined when the model cannot think. */
export function printGeminiThinking(
  wish: ReasoningWish,
  { model, thinking }: { readonly model: string; readonly thinking: GeminiTraits['thinking'] },
): PrintedThinking | undefined {
  if (thinking === 'none') return undefined
  const off = wish.effort === 'none' || wish.budgetTokens === 0
  const { config, isNarrowed } = thinking === 'level' ? levelOf(wish, model) : budgetFor(wish, model)
  // Reasoning is shown unless it is off or the caller declines it.
  return { config: off || wish.summary === 'none' ? config : { ...config, includeThoughts: true }, isNarrowed }
}

/** The levels that a model supports, in rising order. Thinking cannot be turned off for these models. */
function levelsOf(model: string): readonly Effort[] {
  if (/gemini-3-pro/.test(model)) return ['low', 'high']
  return /pro/.test(model) ? ['low', 'medium', 'high'] : ['minimal', 'low', 'medium', 'high']
}

function levelOf(wish: ReasoningWish, model: string): PrintedThinking {
  const effort = effortOf(wish)
  // Without a level the model decides how much it thinks.
  if (effort === undefined) return { config: {}, isNarrowed: false }
  const level = nearestEffort(effort, levelsOf(model))
  const isNarrowed = level !== effort && (wish.effort !== undefined || effort === 'none')
  return { config: { thinkingLevel: level.toUpperCase() }, isNarrowed }
}

interface BudgetRange {
  readonly min: number
  readonly max: number
  readonly canBeOff: boolean
}

function budgetRangeOf(model: string): BudgetRange {
  if (/pro/.test(model)) return { min: 128, max: 32_768, canBeOff: false }
  return { min: /lite/.test(model) ? 512 : 1, max: 24_576, canBeOff: true }
}

/** The token budget; -1 lets the model decide. */
function budgetFor(wish: ReasoningWish, model: string): PrintedThinking {
  const budget = budgetOf(wish)
  if (budget === undefined) return { config: { thinkingBudget: -1 }, isNarrowed: false }
  const { min, max, canBeOff } = budgetRangeOf(model)
  const thinkingBudget = budget === 0 && canBeOff ? 0 : Math.min(max, Math.max(min, budget))
  return { config: { thinkingBudget }, isNarrowed: thinkingBudget !== budget }
}
