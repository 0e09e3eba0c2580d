// The Responses API: parses the unary answer of an upstream.
import { type ChatAnswer, type Finish, settledReason, type TokenLogprob } from '../../../../shared/chat/answer.ts'
import type { AssistantPart, Json, JsonObject, MediaPart, OpaquePart, ToolForm } from '../../../../shared/chat/parts.ts'
import { isObject, objectsIn, saidIn, textIn } from '../common/body-reader.ts'
import { withOwnName } from '../common/tool-names.ts'
import type { PrintedFacts } from '../dialect.ts'
import { readAnnotations } from '../openai/annotations.ts'
import { errorWithin } from '../openai/error.ts'
import { usageOfResponse } from '../openai/usage.ts'
import { readLogprobs } from '../openai-chat/answer.ts'
import { readThought } from './parse-input.ts'

export function readResponsesAnswer(
  body: JsonObject,
  { toolNames }: Pick<PrintedFacts, 'toolNames'>,
): ChatAnswer | undefined {
  const { output } = body
  if (errorWithin(body) !== undefined || !isOver(body) || !Array.isArray(output)) return undefined
  const items = objectsIn(output)
  const parts = items.flatMap(readOutputItem).map((part) => withOwnName(part, toolNames))
  const calledTools = parts.some(({ type }) => type === 'tool-call')
  const logprobs = items.flatMap(({ content }) => objectsIn(content)).flatMap(logprobsIn)
  const choice = { parts, finish: finishOf(body, calledTools), logprobs: logprobs.length === 0 ? undefined : logprobs }
  return { ...headOf(body), choices: [choice], usage: usageOfResponse(body) }
}

/** Whether the response will not go on: one that runs in the background is no answer yet, and one that was cancelled never is. */
function isOver({ status }: JsonObject): boolean {
  return status === 'completed' || status === 'incomplete' || saidIn(status) === undefined
}

export function headOf(response: JsonObject): Pick<ChatAnswer, 'id' | 'model' | 'created' | 'serviceTier'> {
  const { id, model, created_at: created, service_tier: tier } = response
  return {
    id: textIn(id),
    model: textIn(model),
    created: typeof created === 'number' ? created : undefined,
    serviceTier: saidIn(tier),
  }
}

export function finishOf({ status, incomplete_details: details }: JsonObject, calledTools: boolean): Finish {
  if (status !== 'incomplete') return { reason: settledReason('stop', calledTools) }
  const raw = isObject(details) ? saidIn(details['reason']) : undefined
  return { reason: raw === 'content_filter' ? 'content-filter' : 'length', raw }
}

export function readOutputItem(item: JsonObject): AssistantPart[] {
  switch (item['type']) {
    case 'message':
      return contentsOf(item).flatMap(readContent)
    case 'reasoning':
      return [readThought(item)]
    case 'function_call':
    case 'custom_tool_call':
      return readCall(item)
    default:
      return [readWhole(item)]
  }
}

/** The contents of a message; servers that imitate the API may write a text in their place. */
export function contentsOf({ content }: JsonObject): JsonObject[] {
  return typeof content === 'string' ? [{ type: 'output_text', text: content }] : objectsIn(content)
}

/** Whether a content is text. `text` is the name that servers use that imitate the API. */
export function isText(type: Json): boolean {
  return type === 'output_text' || type === 'text'
}

function readContent(content: JsonObject): AssistantPart[] {
  const { type, text, refusal, annotations } = content
  if (type === 'refusal') return [{ type: 'refusal', text: textIn(refusal) }]
  return isText(type) ? [{ type: 'text', text: textIn(text), citations: readAnnotations(annotations) }] : []
}

function readCall(item: JsonObject): AssistantPart[] {
  const form = formOf(item)
  const { call_id: id, id: itemId, name } = item
  if (typeof name !== 'string' || name === '') return []
  return [{ type: 'tool-call', form, id: saidIn(id) ?? textIn(itemId), name, input: inputOf(item) }]
}

export function formOf({ type }: JsonObject): ToolForm {
  return type === 'custom_tool_call' ? 'custom' : 'function'
}

/** A call without arguments gets an empty object. */
export function inputOf(item: JsonObject): string {
  if (formOf(item) === 'custom') return textIn(item['input'])
  const { arguments: given } = item
  const text = isObject(given) ? JSON.stringify(given) : textIn(given)
  return text === '' ? '{}' : text
}

/** A picture is media; what the provider's own tools did is kept as it is. */
export function readWhole(item: JsonObject): MediaPart | OpaquePart {
  const base64 = item['type'] === 'image_generation_call' ? saidIn(item['result']) : undefined
  if (base64 === undefined) return { type: 'opaque', dialect: 'openai-responses', value: item }
  const mediaType = `image/${saidIn(item['output_format']) ?? 'png'}`
  return { type: 'image', media: { from: 'bytes', base64, mediaType } }
}

export function logprobsIn({ logprobs }: { readonly logprobs?: Json }): readonly TokenLogprob[] {
  return readLogprobs({ content: logprobs }) ?? []
}
