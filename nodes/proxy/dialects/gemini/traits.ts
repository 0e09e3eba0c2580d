// What a Gemini model supports, by its name and the catalogue. For an unknown name the current generation is assumed.
import type { ModelFacts } from '../../../../shared/chat/capabilities.ts'

export interface GeminiTraits {
  /** How the amount of thinking is requested. */
  readonly thinking: 'none' | 'budget' | 'level'
  /** Whether the model accepts JSON Schema; older models accept only a subset of OpenAPI's schemas (wire 74). */
  readonly jsonSchema: boolean
  /** Whether the model supports structured output together with tools. */
  readonly jsonBesideTools: boolean
  /** Whether the model takes penalties of frequency and presence. */
  readonly penalties: boolean
  /** Whether the model refuses calls in the conversation without a thought signature (wire 71). */
  readonly signedCalls: boolean
  /** Whether tool results may hold media. */
  readonly mediaInResults: boolean
}

const generationDefault = 2.5

export function geminiTraits(model: string, facts: ModelFacts): GeminiTraits {
  const [, named] = /gemini-(\d+(?:\.\d+)?)/.exec(model) ?? []
  const generation = named === undefined ? generationDefault : Number(named)
  const isThird = generation >= 3 || (named === undefined && facts.reasoning === 'effort')
  return {
    thinking: thinkingOf(generation, isThird, facts),
    jsonSchema: generation >= 2,
    jsonBesideTools: isThird,
    penalties: generation < 2.5,
    signedCalls: isThird,
    mediaInResults: isThird,
  }
}

function thinkingOf(generation: number, isThird: boolean, { reasoning }: ModelFacts): GeminiTraits['thinking'] {
  if (reasoning === 'none') return 'none'
  if (isThird) return 'level'
  return generation >= 2.5 ? 'budget' : 'none'
}
