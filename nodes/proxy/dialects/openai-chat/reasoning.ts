// Reasoning in chat completions. OpenAI's dialect has no member for it, so hosts have added several:
// `reasoning_content` (DeepSeek and most others), `reasoning` (Groq, OpenRouter), lists of `thinking` parts (Mistral), Claude's
// own blocks as `thinking_blocks` (LiteLLM).
// All are parsed. The gateway prints `reasoning_content` for the text, and OpenRouter's `reasoning_details` for seals.
import type { AssistantPart, Family, Json, JsonObject, ReasoningPart } from '../../../../shared/chat/parts.ts'
import { readThought } from '../anthropic/parse-content.ts'
import { isObject, objectsIn, saidIn } from '../common/body-reader.ts'

/** Parses the reasoning in a message or a delta. */
export function readReasoning(message: JsonObject): AssistantPart[] {
  const details = detailsIn(message)
  if (details.length > 0) return details.map(({ part }) => part)
  const text = reasoningText(message)
  return text === undefined || text === '' ? [] : [{ type: 'reasoning', text }]
}

export interface Detail {
  /** Consecutive details with the same index form one reasoning part. */
  readonly index: number | undefined
  readonly part: ReasoningPart
}

/** The pieces of reasoning that a message or a delta lists. */
export function detailsIn({ reasoning_details: listed, thinking_blocks: blocks }: JsonObject): Detail[] {
  const details = readDetails(listed)
  return details.length > 0
    ? details
    : objectsIn(blocks).map((block) => ({ index: undefined, part: readThought(block) }))
}

function readDetails(value: Json): Detail[] {
  const details: Detail[] = []
  for (const item of Array.isArray(value) ? value : []) {
    const part = readDetail(item)
    if (part === undefined) continue
    const index = typeof item['index'] === 'number' ? item['index'] : undefined
    const last = details.at(-1)
    if (last === undefined || index === undefined || last.index !== index) details.push({ index, part })
    else details[details.length - 1] = { index, part: joined(last.part, part) }
  }
  return details
}

function joined(a: ReasoningPart, b: ReasoningPart): ReasoningPart {
  return {
    type: 'reasoning',
    text: a.text + b.text,
    id: a.id ?? b.id,
    signature: b.signature ?? a.signature,
    encrypted: b.encrypted ?? a.encrypted,
  }
}

/** The reasoning text in a message or a delta; undefined when there is none. */
export function reasoningText(message: JsonObject): string | undefined {
  for (const name of ['reasoning_content', 'reasoning', 'thinking']) {
    const said = saidIn(message[name])
    if (said !== undefined) return said
  }
  const { content } = message as { content?: Json }
  if (!Array.isArray(content)) return undefined
  const thoughts = content.filter((part) => isObject(part) && part['type'] === 'thinking')
  return thoughts.length === 0 ? undefined : thoughts.map(thinkingText).join('')
}

/** Mistral's `{type: 'thinking', thinking: [{type: 'text', text}]}`. */
function thinkingText(part: JsonObject): string {
  const { thinking } = part as { thinking?: Json }
  if (typeof thinking === 'string') return thinking
  if (!Array.isArray(thinking)) return ''
  return thinking.map((piece) => (isObject(piece) && typeof piece['text'] === 'string' ? piece['text'] : '')).join('')
}

const formats: readonly [Family, string][] = [
  ['anthropic', 'anthropic-claude-v1'],
  ['openai', 'openai-responses-v1'],
  ['google', 'google-gemini-v1'],
  ['xai', 'xai-responses-v1'],
]

function familyOf(format: Json): Family {
  return formats.find(([, name]) => name === format)?.[0] ?? 'other'
}

function formatOf(family: Family): string {
  return formats.find(([one]) => one === family)?.[1] ?? 'unknown'
}

function readDetail(value: Json): ReasoningPart | undefined {
  if (!isObject(value)) return undefined
  const { type, text, summary, data, signature, format } = value
  const family = familyOf(format)
  const id = saidIn(value['id'])
  if (type === 'reasoning.encrypted') {
    const sealed = saidIn(data)
    return sealed === undefined ? undefined : { type: 'reasoning', text: '', id, encrypted: { family, data: sealed } }
  }
  const said = saidIn(text) ?? summary ?? text
  if (typeof said !== 'string') return undefined
  const seal = typeof signature === 'string' && signature !== '' ? { family, data: signature } : undefined
  return { type: 'reasoning', text: said, id, signature: seal }
}

/** The details of parts of which one has a seal. Without seals `reasoning_content` says everything, and there are no details. */
export function printDetails(parts: readonly ReasoningPart[], first = 0): Json[] | undefined {
  if (!parts.some(({ signature, encrypted }) => signature !== undefined || encrypted !== undefined)) return undefined
  return parts.flatMap((part, index) => printDetail(part, first + index))
}

function printDetail({ text, id, signature, encrypted }: ReasoningPart, index: number): Json[] {
  const details: Json[] = []
  if (text !== '' || signature !== undefined) {
    const format = formatOf(signature?.family ?? encrypted?.family ?? 'other')
    details.push({ type: 'reasoning.text', text, signature: signature?.data, id, format, index })
  }
  if (encrypted !== undefined) {
    const format = formatOf(encrypted.family)
    details.push({ type: 'reasoning.encrypted', data: encrypted.data, id, format, index })
  }
  return details
}
