// Schemas of Gemini's first API: a subset of OpenAPI's, with types in capital letters and a `nullable` member.
import type { Json } from '../../../../shared/chat/parts.ts'
import { isObject } from '../common/body-reader.ts'

/** Converts such a schema to JSON Schema. Any other value is returned unchanged. */
export function jsonSchemaOf(value: Json): Json {
  if (Array.isArray(value)) return value.map(jsonSchemaOf)
  if (!isObject(value)) return value
  const { type: told, nullable, ...rest } = value
  const type = told === 'TYPE_UNSPECIFIED' ? undefined : told
  const inner = Object.fromEntries(Object.entries(rest).map(([name, one]) => [name, innerOf(name, one)]))
  if (typeof type !== 'string') return nullable === true ? { anyOf: [inner, { type: 'null' }] } : withType(type, inner)
  const lower = type.toLowerCase()
  return { type: nullable === true ? [lower, 'null'] : lower, ...inner }
}

function withType(type: Json, inner: Record<string, Json>): Json {
  return type === undefined ? inner : { type, ...inner }
}

/** Converts only members that hold schemas: a default value or an enum may contain objects that look like schemas. */
function innerOf(name: string, value: Json): Json {
  if (name === 'properties' && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, jsonSchemaOf(one)]))
  }
  if (counts.has(name) && typeof value === 'string' && /^\d+$/.test(value)) return Number(value)
  return schemaMembers.has(name) ? jsonSchemaOf(value) : value
}

/** Google's JSON writes integers of 64 bits as texts (source: @google/genai, `Schema.minItems`). */
const counts: ReadonlySet<string> = new Set([
  ...['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'],
])

const schemaMembers: ReadonlySet<string> = new Set([
  'items',
  'anyOf',
  'oneOf',
  'allOf',
  'additionalProperties',
  'prefixItems',
])
