// How much a caller of chat completions wants a model to reason. OpenAI's member is `reasoning_effort`; callers also send
// OpenRouter's object `reasoning`, and Anthropic's object `thinking`, as LiteLLM's clients do.
import { effortOf } from '../../../../shared/chat/effort.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { Effort, ReasoningWish } from '../../../../shared/chat/request.ts'
import { displays } from '../anthropic/thinking.ts'
import { type BodyReader, isObject } from '../common/body-reader.ts'
import type { TargetTraits } from '../dialect.ts'
import { printEffort, readEffort } from '../openai/effort.ts'

/** The members in which a caller may ask for reasoning. */
export const reasoningMembers = ['reasoning_effort', 'reasoning', 'thinking'] as const

/** What one member says. */
type Said = Omit<ReasoningWish, 'member'>

/** Reads how much reasoning is wanted; undefined where the caller does not say. The most specific word counts: `reasoning_effort`, then `reasoning`,
 *  then `thinking`. */
export function readReasoningWish(reader: BodyReader, body: JsonObject): ReasoningWish | undefined {
  const { reasoning_effort: effort } = body
  const said: readonly (Said & { readonly member: string })[] = [
    { ...readWord(reader, effort), member: 'reasoning_effort' },
    { ...readRouted(reader, body['reasoning'], 'reasoning'), member: 'reasoning' },
    { ...readThinking(reader, body['thinking']), member: 'thinking' },
  ]
  const summary = said.find((one) => one.summary !== undefined)?.summary
  const first = said.find(saysAmount)
  if (first === undefined) return undefined
  const isOff = first.effort === 'none'
  return {
    effort: first.effort ?? (first.budgetTokens === undefined ? said.find(namesEffort)?.effort : undefined),
    budgetTokens: isOff ? undefined : said.find((one) => one.budgetTokens !== undefined)?.budgetTokens,
    adaptive: first.adaptive,
    summary,
    member: first.member === 'reasoning_effort' ? undefined : first.member,
  }
}

function saysAmount({ effort, budgetTokens, adaptive }: Said): boolean {
  return effort !== undefined || budgetTokens !== undefined || adaptive === true
}

function namesEffort({ effort }: Said): boolean {
  return effort !== undefined && effort !== 'none'
}

/** Some clients write the object of the Responses API here. */
function readWord(reader: BodyReader, value: Json): Said {
  if (isObject(value)) return readRouted(reader, value, 'reasoning_effort')
  return { effort: readEffort(reader, value, 'reasoning_effort') }
}

/** The effort that `enabled` alone stands for (source: openrouter.ai/docs, "Reasoning tokens"). */
const enabledEffort: Effort = 'medium'

function readRouted(reader: BodyReader, value: Json, path: string): Said {
  const object = reader.maybeObject(value, path)
  if (object === undefined) return {}
  const effort = readEffort(reader, object['effort'], `${path}.effort`)
  const budgetTokens = reader.maybeNumber(object['max_tokens'], `${path}.max_tokens`)
  const enabled = reader.maybeFlag(object['enabled'], `${path}.enabled`)
  const excluded = reader.maybeFlag(object['exclude'], `${path}.exclude`)
  const summary = excluded === true ? 'none' : reader.maybeText(object['summary'], `${path}.summary`)
  if (enabled === false) return { effort: 'none', summary }
  const isPlain = enabled === true && effort === undefined && budgetTokens === undefined
  return { effort: isPlain ? enabledEffort : effort, budgetTokens, summary }
}

function readThinking(reader: BodyReader, value: Json): Said {
  const object = reader.maybeObject(value, 'thinking')
  if (object === undefined) return {}
  const budgetTokens = reader.maybeNumber(object['budget_tokens'], 'thinking.budget_tokens')
  const summary = displays[reader.maybeText(object['display'], 'thinking.display') ?? '']
  switch (object['type']) {
    case 'disabled':
      return { effort: 'none' }
    case 'enabled':
      return budgetTokens === undefined ? { adaptive: true, summary } : { budgetTokens, summary }
    case 'adaptive':
    case 'auto':
      return { adaptive: true, summary }
    default:
      reader.wrong('thinking.type', 'must be enabled, disabled or adaptive')
      return {}
  }
}

// ── to an upstream ───────────────────────────────────────────────────────────────────────────────────────────────────

export interface PrintedWish {
  readonly members: JsonObject
  /** Whether the target is asked for something else than the caller asked for. */
  readonly isNarrowed: boolean
}

export function printReasoningWish(wish: ReasoningWish, target: TargetTraits): PrintedWish {
  const form = target.quirks.reasoningForm
  if (form === 'reasoning') return { members: { reasoning: routed(wish) }, isNarrowed: false }
  const switched = form === 'thinking' ? switchOf(wish) : undefined
  if (switched !== undefined) return { members: { thinking: { type: switched } }, isNarrowed: false }
  const { word, isNarrowed } = printEffort(wish, target)
  return { members: { reasoning_effort: word }, isNarrowed }
}

/** OpenRouter takes an effort or a budget, and fits either to the model. */
function routed(wish: ReasoningWish): JsonObject {
  const { budgetTokens, effort, adaptive, summary } = wish
  const exclude = summary === 'none' ? true : undefined
  if (effort === undefined && budgetTokens !== undefined) return { max_tokens: budgetTokens, exclude }
  return { effort: effortOf(wish), enabled: effort === undefined && adaptive === true ? true : undefined, exclude }
}

/** The switch of the object `thinking`; undefined where the caller names an effort. */
function switchOf({ effort }: ReasoningWish): 'enabled' | 'disabled' | undefined {
  if (effort === undefined) return 'enabled'
  return effort === 'none' ? 'disabled' : undefined
}
