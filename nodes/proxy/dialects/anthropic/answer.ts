// Anthropic Messages: the whole answer, in both directions.

import { type ChatAnswer, settledReason } from '../../../../shared/chat/answer.ts'
import type {
  AssistantPart,
  Citation,
  Json,
  JsonObject,
  MediaPart,
  ReasoningPart,
  TextPart,
} from '../../../../shared/chat/parts.ts'
import { usageOf } from '../../../../shared/chat/usage.ts'
import { isObject, saidIn } from '../common/body-reader.ts'
import { carried } from '../common/carried-signatures.ts'
import { urlOfMedia } from '../common/media.ts'
import { printSeal } from '../common/sealed-parts.ts'
import { withOwnName } from '../common/tool-names.ts'
import type { PrintedFacts, PrintFacts } from '../dialect.ts'
import { printAnthropicFinish, readAnthropicFinish } from './finish-reason.ts'
import { messageId } from './message-id.ts'
import { proof, readAssistantBlock, redaction } from './parse-content.ts'
import { toolInput } from './print-content.ts'
import { printAnthropicUsage, readAnthropicUsage, usageOfAnthropic } from './usage.ts'

export function readAnthropicAnswer(
  body: JsonObject,
  { toolNames }: Pick<PrintedFacts, 'toolNames'> = {},
): ChatAnswer | undefined {
  const { id, model, usage, error } = body
  const content = contentIn(body)
  if (content === undefined || isObject(error)) return undefined
  const parts = content.map((block) => withOwnName(readAssistantBlock(block), toolNames))
  const finish = readAnthropicFinish(body)
  const calledTools = parts.some(({ type }) => type === 'tool-call')
  const counts = readAnthropicUsage(usage)
  const tier = isObject(usage) ? usage['service_tier'] : undefined
  return {
    id: typeof id === 'string' ? id : '',
    model: typeof model === 'string' ? model : '',
    choices: [{ parts, finish: { ...finish, reason: settledReason(finish.reason, calledTools) } }],
    usage: counts === undefined ? undefined : usageOfAnthropic(counts),
    serviceTier: saidIn(tier),
  }
}

/** The blocks of an answer. Hosts that imitate the API write a text in their place, or null where a filter left nothing. */
function contentIn({ content, stop_reason: reason }: JsonObject): JsonObject[] | undefined {
  if (Array.isArray(content)) return content.filter(isObject)
  if (typeof content === 'string' && content !== '') return [{ type: 'text', text: content }]
  return content === null && saidIn(reason) !== undefined ? [] : undefined
}

// ── to a caller ──────────────────────────────────────────────────────────────────────────────────────────────────────

export function printAnthropicAnswer(answer: ChatAnswer, { requestId }: PrintFacts): string {
  const [choice] = answer.choices
  return JSON.stringify({
    id: messageId(answer.id, requestId),
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content: carried(choice?.parts ?? []).flatMap(printAnswerBlock),
    ...printAnthropicFinish(choice?.finish ?? { reason: 'stop' }),
    usage: printAnthropicUsage(answer.usage ?? usageOf({})),
  })
}

function printAnswerBlock(part: AssistantPart): Json[] {
  switch (part.type) {
    case 'text':
      return printTextBlock(part)
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'text', text: part.text }]
    case 'reasoning':
      return [printThoughtBlock(part)]
    case 'tool-call':
      return [{ type: 'tool_use', id: part.id, name: part.name, input: toolInput(part.input, part.form) }]
    case 'opaque':
      return part.dialect === 'anthropic' ? [part.value] : []
    default:
      return [{ type: 'text', text: mediaText(part) }]
  }
}

function printTextBlock({ text, citations }: TextPart): Json[] {
  if (text === '' && (citations?.length ?? 0) === 0) return []
  return [{ type: 'text', text: text === '' ? sourcesAsText(citations) : text, citations: printCitations(citations) }]
}

/** An empty block would be refused where the caller sends it back, so one that has sources alone names them. */
export function sourcesAsText(citations: readonly Citation[] = []): string {
  return citations.map(({ title, url, fileId }) => title ?? url ?? fileId ?? '…').join(', ')
}

/** Reasoning without text becomes a redacted block; otherwise the seal is sent as the block's signature. */
export function printThoughtBlock({ text, id, signature, encrypted }: Omit<ReasoningPart, 'type'>): JsonObject {
  if (text === '' && signature === undefined && encrypted !== undefined) {
    return { type: 'redacted_thinking', data: printSeal('encrypted', encrypted, redaction, id) }
  }
  return { type: 'thinking', thinking: text, signature: printThoughtSeal({ id, signature, encrypted }) }
}

/** Reasoning that is both signed and encrypted keeps its signature. */
export function printThoughtSeal({ id, signature, encrypted }: Pick<ReasoningPart, 'id' | 'signature' | 'encrypted'>) {
  if (signature !== undefined) return printSeal('signature', signature, proof, id)
  return encrypted === undefined ? '' : printSeal('encrypted', encrypted, proof, id)
}

/** Anthropic answers hold no media, so an image becomes a Markdown link, and other media their transcript or name. */
export function mediaText({ type, media, transcript }: MediaPart): string {
  if (transcript !== undefined) return transcript
  const url = urlOfMedia(media)
  return type === 'image' && url !== undefined ? `![image](${url})` : `[${type}]`
}

function printCitations(citations: readonly Citation[] | undefined): Json[] | undefined {
  return citations?.map(printCitation)
}

export function printCitation({ url, title, citedText, raw }: Citation): Json {
  if (raw?.dialect === 'anthropic') return raw.value
  const cited_text = citedText ?? ''
  if (url !== undefined) {
    return { type: 'web_search_result_location', url, title: title ?? null, cited_text, encrypted_index: '' }
  }
  const place = { document_index: 0, start_char_index: 0, end_char_index: cited_text.length }
  return { type: 'char_location', cited_text, document_title: title ?? null, file_id: null, ...place }
}
