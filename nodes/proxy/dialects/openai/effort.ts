// `reasoning_effort`, and `reasoning.effort` of the Responses API.
import type { ModelFacts } from '../../../../shared/chat/capabilities.ts'
import { effortOf, efforts, isEffort, nearestEffort } from '../../../../shared/chat/effort.ts'
import type { Json } from '../../../../shared/chat/parts.ts'
import type { Effort, ReasoningWish } from '../../../../shared/chat/request.ts'
import type { BodyReader } from '../common/body-reader.ts'

export function readEffort(reader: BodyReader, value: Json, path: string): Effort | undefined {
  const text = reader.maybeText(value, path)
  if (text === undefined) return undefined
  if (isEffort(text)) return text
  reader.wrong(path, `must be one of ${efforts.join(', ')}`)
  return undefined
}

/** The efforts that every reasoning model supports. */
const common: readonly Effort[] = ['low', 'medium', 'high']

/** Undefined: no effort is sent, and the model decides. An effort that the caller named is sent unchanged. */
export function printEffort(wish: ReasoningWish, facts: ModelFacts): string | undefined {
  if (wish.budgetTokens === undefined) {
    // A model without known facts may refuse 'none', and does without reasoning if nothing is sent.
    if (wish.effort === 'none' && facts.reasoning === undefined) return undefined
    return wish.effort === 'max' ? 'xhigh' : wish.effort
  }
  const effort = effortOf(wish)
  return effort === undefined || effort === 'none' ? undefined : nearestEffort(effort, common)
}
