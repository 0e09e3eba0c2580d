// `reasoning_effort`, and `reasoning.effort` of the Responses API.
import { effortOf, efforts, fittingEffort, isEffort, nearestEffort } from '../../../../shared/chat/effort.ts'
import type { Json } from '../../../../shared/chat/parts.ts'
import type { Effort, ReasoningWish } from '../../../../shared/chat/request.ts'
import { effortWords } from '../../../../shared/models/effort-words.ts'
import type { BodyReader } from '../common/body-reader.ts'
import type { TargetTraits } from '../dialect.ts'

export function readEffort(reader: BodyReader, value: Json, path: string): Effort | undefined {
  const text = reader.maybeText(value, path)
  if (text === undefined) return undefined
  if (isEffort(text)) return text
  reader.wrong(path, `must be one of ${efforts.join(', ')}`)
  return undefined
}

/** The efforts that every reasoning model supports. */
const common: readonly Effort[] = ['low', 'medium', 'high']

export interface PrintedEffort {
  /** The word that is sent. Without a word no effort is sent, and the model decides. */
  readonly word: Effort | undefined
  /** Whether the caller asked for another effort by its word, or for none. */
  readonly isNarrowed: boolean
}

const unsent: PrintedEffort = { word: undefined, isNarrowed: false }

export function printEffort(wish: ReasoningWish, { model, facts }: Pick<TargetTraits, 'model' | 'facts'>) {
  const asked = effortOf(wish)
  // A model that cannot reason does without reasoning anyway.
  if (asked === undefined || (asked === 'none' && facts.reasoning === 'none')) return unsent
  const known = facts.efforts ?? effortWords(model)
  return known === undefined ? printUnknown(asked, wish) : printKnown(asked, known, wish)
}

/** The words of the model are unknown: what the caller named is sent unchanged. */
function printUnknown(asked: Effort, { effort }: ReasoningWish): PrintedEffort {
  // The model may refuse 'none', and may do without reasoning if nothing is sent.
  if (asked === 'none') return unsent
  return { word: effort ?? nearestEffort(asked, common), isNarrowed: false }
}

function printKnown(asked: Effort, known: readonly Effort[], { effort }: ReasoningWish): PrintedEffort {
  const word = fittingEffort(asked, known)
  return { word, isNarrowed: word !== asked && (effort !== undefined || asked === 'none') }
}
