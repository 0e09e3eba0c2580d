// Schemas for which OpenAI takes `strict`: objects that are closed, and whose members are all required (source: OpenAI's guide to
// structured output, "Supported schemas").
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import { isObject } from '../common/body-reader.ts'
import type { Dropped } from '../dialect.ts'

export function fitsStrict(schema: JsonObject | undefined): boolean {
  return schema === undefined || (schema['type'] === 'object' && isClosed(schema))
}

function isClosed(value: Json): boolean {
  if (Array.isArray(value)) return value.every(isClosed)
  if (!isObject(value)) return true
  return (isAnyObject(value) ? takesItsMembersOnly(value) : true) && Object.values(value).every(isClosed)
}

function isAnyObject({ type }: JsonObject): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object'))
}

function takesItsMembersOnly({ additionalProperties, properties, required }: JsonObject): boolean {
  const names = isObject(properties) ? Object.keys(properties) : []
  const all = new Set<Json>(Array.isArray(required) ? required : [])
  return additionalProperties === false && names.every((name) => all.has(name))
}

/** What callers are told whose `strict` is not sent, since their schema would be refused with it. */
export function droppedStrict({ tools, responseFormat: format }: ChatRequest): Dropped[] {
  const unfit = tools.some((tool) => tool.type === 'function' && tool.strict === true && !fitsStrict(tool.parameters))
  const unfitFormat = format?.type === 'json-schema' && format.strict === true && !fitsStrict(format.schema)
  return unfit || unfitFormat ? [{ member: 'strict' }] : []
}
