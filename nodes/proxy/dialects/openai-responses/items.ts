// The Responses API: builds the items of an answer, both for unary answers and for the events of a stream.
import type { TokenLogprob } from '../../../../shared/chat/answer.ts'
import type { Citation, Json, JsonObject, MediaPart, OpaquePart, ReasoningPart } from '../../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import { printSeal } from '../common/sealed-parts.ts'
import { printLogprob } from '../openai-chat/answer.ts'
import { encryptedContent } from './parse-input.ts'

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

export function textContent(
  text: string,
  citations: readonly Citation[] = [],
  logprobs: readonly TokenLogprob[] = [],
): JsonObject {
  const annotations = citations.flatMap((citation) => printResponsesAnnotation(citation, text.length) ?? [])
  return { type: 'output_text', text, annotations, logprobs: logprobs.map(printLogprob) }
}

export function refusalContent(refusal: string): JsonObject {
  return { type: 'refusal', refusal }
}

/** A citation without a range covers the whole part. */
export function printResponsesAnnotation({ url, title, fileId, start, end }: Citation, length: number): Json {
  if (url !== undefined) {
    return { type: 'url_citation', start_index: start ?? 0, end_index: end ?? length, url, title: title ?? url }
  }
  return { type: 'file_citation', file_id: fileId ?? '', filename: title ?? '', index: end ?? length }
}

export function messageItem(id: string, status: ItemStatus, content: readonly JsonObject[]): JsonObject {
  return { id, type: 'message', status, role: 'assistant', content }
}

export interface Thought extends Omit<ReasoningPart, 'type'> {
  /** Whether the caller is told what only the provider can read (`tellsSeals`). */
  readonly sealed: boolean
}

/** `id`: the id of the item; `thought.id` is the provider's. */
export function reasoningItem(id: string, thought: Thought): JsonObject {
  const { text, sealed } = thought
  const summary = text === '' ? [] : [{ type: 'summary_text', text }]
  return { id, type: 'reasoning', summary, encrypted_content: sealed ? sealOf(id, thought) : undefined }
}

/** OpenAI's own encrypted reasoning is tagged, too, where its item has another id than OpenAI gave it. */
function sealOf(id: string, thought: Thought): string | undefined {
  const { signature, encrypted } = thought
  const own = thought.id === undefined || thought.id === id ? encryptedContent : undefined
  if (encrypted !== undefined) return printSeal('encrypted', encrypted, own, thought.id)
  return signature === undefined ? undefined : printSeal('signature', signature, own, thought.id)
}

export interface Call {
  readonly id: string
  readonly name: string
  readonly input: string
  readonly form: 'function' | 'custom'
}

/** `groups`: the tools that the caller has in groups. */
export function callItem(id: string, status: ItemStatus, call: Call, groups: ChatRequest['groupedTools']): JsonObject {
  const { id: call_id, input, form } = call
  const { group: namespace, name } = groups?.get(call.name) ?? { group: undefined, name: call.name }
  if (form === 'custom') return { id, type: 'custom_tool_call', status, call_id, name, namespace, input }
  return { id, type: 'function_call', status, call_id, name, namespace, arguments: input }
}

/** An image becomes an item of its own; other media become text. */
export function wholeItem(id: string, value: MediaPart | OpaquePart, text: string): JsonObject | undefined {
  if (value.type === 'opaque') return value.dialect === 'openai-responses' ? value.value : undefined
  if (value.type === 'image' && value.media.from === 'bytes') {
    return { id, type: 'image_generation_call', status: 'completed', result: value.media.base64 }
  }
  return messageItem(id, 'completed', [textContent(text)])
}
