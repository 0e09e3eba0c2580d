// Limits that OpenAI's two APIs have alike.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Message } from '../../../../shared/chat/request.ts'
import type { FunctionTool } from '../../../../shared/chat/tools.ts'
import { isObject } from '../common/body-reader.ts'
import { topSchema } from '../common/top-schema.ts'

/** Source: `Metadata` of the SDK openai. A part of metadata that does not fit would mislead, so it fits as a whole or not. */
export function fitsMetadata(metadata: Json): boolean {
  if (!isObject(metadata)) return false
  const pairs = Object.entries(metadata)
  const fits = ([name, value]: [string, Json]) => name.length <= 64 && typeof value === 'string' && value.length <= 512
  return pairs.length <= 16 && pairs.every(fits)
}

/** Source: `ResponseFormatJSONSchema.JSONSchema.name`. The name means nothing to the caller. */
export function formatName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64) || 'answer'
}

/** "Invalid schema for function: schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf' … at the top level", "object schema
 *  missing properties" */
export function functionSchema({ parameters, strict }: FunctionTool): JsonObject | undefined {
  if (parameters === undefined) return strict === true ? nothing : undefined
  const schema = topSchema(parameters)
  return schema['properties'] === undefined && schema['$ref'] === undefined ? { ...schema, properties: {} } : schema
}

const nothing: JsonObject = { type: 'object', properties: {}, required: [], additionalProperties: false }

const saysJson: Message = { role: 'system', parts: [{ type: 'text', text: 'Answer with JSON.' }] }

/** OpenAI refuses the format of a JSON object where nobody says the word. */
export function withJsonWord(request: ChatRequest): ChatRequest {
  const { responseFormat, messages } = request
  if (responseFormat?.type !== 'json-object' || messages.some(hasJsonWord)) return request
  return { ...request, messages: [saysJson, ...messages] }
}

function hasJsonWord({ parts }: Message): boolean {
  return parts.some((part) => (part.type === 'tool-result' ? part.parts.some(isJsonText) : isJsonText(part)))
}

function isJsonText(part: { readonly type: string; readonly text?: string }): boolean {
  return part.type === 'text' && /json/i.test(part.text ?? '')
}
