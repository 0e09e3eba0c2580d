// Parameters that models behind OpenAI's dialect refuse.
import type { Parameter } from '../../../../shared/chat/request.ts'
import type { TargetTraits } from '../dialect.ts'

/** What models without sampling refuse (`ModelFacts.sampling`). */
const sampling: readonly Parameter[] = [
  'temperature',
  'topP',
  'frequencyPenalty',
  'presencePenalty',
  'logprobs',
  'logitBias',
]

/** OpenAI's reasoning models refuse stop sequences (source: openai 6.49, `ChatCompletionCreateParamsBase.stop`, and the answers of
 *  o1 to GPT-5.4: "Unsupported parameter: 'stop'"). Newer ones and Claude take them. */
const takesStops = /claude|gpt-(5\.[5-9]|[6-9])/

/** Sources: xAI's guide "Reasoning", whose models answer these with an error; @ai-sdk/xai 3.0, which sends them to no model. */
const grokReasons = /\bgrok-(3-mini|[4-9]|code|build)/
const refusedByGrok: readonly Parameter[] = ['frequencyPenalty', 'presencePenalty', 'stop']

/** Moonshot fixes both by whether the model thinks: "invalid temperature: only 1 is allowed for this model". */
const kimiThinks = /\bkimi-k(2\.\d|[3-9])/
const fixedByKimi: readonly Parameter[] = ['temperature', 'topP']

export function refusesParameter(parameter: Parameter, { model, facts }: TargetTraits): boolean {
  if (refusedByGrok.includes(parameter) && grokReasons.test(model)) return true
  if (fixedByKimi.includes(parameter) && kimiThinks.test(model)) return true
  if (facts.sampling !== false) return false
  return sampling.includes(parameter) || (parameter === 'stop' && !takesStops.test(model))
}
