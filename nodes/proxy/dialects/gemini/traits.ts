// What a Gemini model takes, as far as its name or the catalogue tells. Of an unknown name the current generation is assumed.
import type { ModelFacts } from '../../../../shared/chat/capabilities.ts'

export interface GeminiTraits {
  /** How its thinking is asked for. */
  readonly thinking: 'none' | 'budget' | 'level'
  /** Takes JSON Schema as it is; before, a part of OpenAPI's alone (wire 74). */
  readonly jsonSchema: boolean
  /** Takes tools and a form of the answer in one request. */
  readonly jsonBesideTools: boolean
  /** Refuses calls in the conversation whose thought signature is missing (wire 71). */
  readonly signedCalls: boolean
  /** Takes media as parts of a tool's result. */
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
    signedCalls: isThird,
    mediaInResults: isThird,
  }
}

function thinkingOf(generation: number, isThird: boolean, { reasoning }: ModelFacts): GeminiTraits['thinking'] {
  if (reasoning === 'none') return 'none'
  if (isThird) return 'level'
  return generation >= 2.5 ? 'budget' : 'none'
}
