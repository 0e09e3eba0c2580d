// What a host is sent of the reasoning of earlier turns. OpenAI's dialect has no member for it: some hosts want it back
// and refuse a turn of calls without it, others refuse the member.
import type { AssistantPart, Family, JsonObject, ReasoningPart, Sealed } from '../../../../shared/chat/parts.ts'
import type { ReasoningBack, TargetTraits } from '../dialect.ts'
import { printDetails } from './reasoning.ts'

interface WantingModels {
  readonly name: RegExp
  /** Whether a turn of calls without the member is refused while the model thinks. */
  readonly isRequired: boolean
}

/** Models that think between their calls and whose makers ask for `reasoning_content`, wherever they are served. Sources, by row:
 *  Moonshot's guide to thinking models, DeepSeek's to tool calls of the thinking mode, Z.ai's to preserved thinking, MiniMax's to
 *  interleaved thinking, Qwen's to multi-turn thinking, Xiaomi's to tool calls. */
const wanting: readonly WantingModels[] = [
  { name: /^kimi-(k2-thinking|k2\.[5-9]|k[3-9]|for-coding)/, isRequired: true },
  { name: /^deepseek-(reasoner|v3\.[2-9]|v[4-9])/, isRequired: true },
  { name: /^glm-(4\.[5-9]|[5-9])/, isRequired: false },
  { name: /^minimax-m\d/, isRequired: false },
  { name: /^(qwen\d.*-thinking|qwen3\.[5-9]|qwen[4-9])/, isRequired: false },
  { name: /^mimo-v\d/, isRequired: false },
]

/** Stands for reasoning that is unknown, because another model made the turn. */
const unknownReasoning = ' '

export function reasoningBackOf({ model, quirks }: Pick<TargetTraits, 'model' | 'quirks'>): ReasoningBack {
  return quirks.reasoningBack ?? (wantedBy(model) === undefined ? 'none' : 'reasoning_content')
}

function wantedBy(model: string): WantingModels | undefined {
  const name = model.slice(model.lastIndexOf('/') + 1).toLowerCase()
  return wanting.find((models) => models.name.test(name))
}

/** Members of an assistant message. */
export function printReasoningBack(
  parts: readonly AssistantPart[],
  target: Pick<TargetTraits, 'model' | 'quirks'>,
): JsonObject {
  const form = reasoningBackOf(target)
  if (form === 'none') return {}
  const thoughts = parts.filter((part) => part.type === 'reasoning')
  if (form === 'reasoning_details') return detailsFor(thoughts, target.model)
  const text = thoughts.map((thought) => thought.text).join('')
  if (text !== '') return { [form]: text }
  const isMissed = wantedBy(target.model)?.isRequired === true && parts.some(({ type }) => type === 'tool-call')
  return isMissed ? { [form]: unknownReasoning } : {}
}

// ── OpenRouter's form ────────────────────────────────────────────────────────────────────────────────────────────────

/** Makers of sealed reasoning, by their names there. */
const makers: Readonly<Record<string, Family>> = {
  anthropic: 'anthropic',
  openai: 'openai',
  google: 'google',
  'x-ai': 'xai',
}

/** Each model is sent what its own maker sealed. Makers that seal refuse reasoning without a seal (source:
 *  @openrouter/ai-sdk-provider 2.10, `finalReasoningDetails`). */
function detailsFor(thoughts: readonly ReasoningPart[], model: string): JsonObject {
  const family = makers[model.slice(0, Math.max(0, model.indexOf('/'))).replace(/^~/, '')] ?? 'other'
  const own = thoughts.flatMap((thought) => ownOf(thought, family))
  if (own.length === 0) return {}
  const text = own.map((thought) => thought.text).join('')
  return { reasoning: text === '' ? undefined : text, reasoning_details: printDetails(own) ?? plainDetails(own) }
}

function ownOf(thought: ReasoningPart, family: Family): ReasoningPart[] {
  const kept = (sealed: Sealed | undefined) => (sealed?.family === family ? sealed : undefined)
  const own = { ...thought, signature: kept(thought.signature), encrypted: kept(thought.encrypted) }
  const isSealed = own.signature !== undefined || own.encrypted !== undefined
  return isSealed || (family === 'other' && own.text !== '') ? [own] : []
}

function plainDetails(thoughts: readonly ReasoningPart[]): JsonObject[] {
  return thoughts.map(({ text, id }, index) => ({ type: 'reasoning.text', text, id, index }))
}
