// Schemas of Gemini's first API: a subset of OpenAPI's, with types in capital letters and a `nullable` member.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject } from '../common/body-reader.ts'

/** Converts such a schema to JSON Schema. Any other value is returned unchanged. */
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

/** Converts only members that hold schemas: a default value or an enum may contain objects that look like schemas. */
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
