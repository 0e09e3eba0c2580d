// Schemas as Gemini's first API wrote them: a part of OpenAPI's, with types in capitals and `nullable` beside them.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject } from '../common/body-reader.ts'

/** The same as JSON Schema. What is no schema stays what it is. */
export function jsonSchemaOf(value: Json): Json {
  if (Array.isArray(value)) return value.map(jsonSchemaOf)
  if (!isObject(value)) return value
  const { type, nullable, ...rest } = value
  const inner = Object.fromEntries(Object.entries(rest).map(([name, one]) => [name, innerOf(name, one)]))
  if (typeof type !== 'string') return nullable === true ? { anyOf: [inner, { type: 'null' }] } : withType(value, inner)
  const lower = type.toLowerCase()
  return { type: nullable === true ? [lower, 'null'] : lower, ...inner }
}

function withType({ type }: JsonObject, inner: Record<string, Json>): Json {
  return type === undefined ? inner : { type, ...inner }
}

/** Only where schemas stand: a default value or an enum may hold words that look like them. */
function innerOf(name: string, value: Json): Json {
  if (name === 'properties' && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, jsonSchemaOf(one)]))
  }
  return schemaMembers.has(name) ? jsonSchemaOf(value) : value
}

const schemaMembers: ReadonlySet<string> = new Set([
  'items',
  'anyOf',
  'oneOf',
  'allOf',
  'additionalProperties',
  'prefixItems',
])
