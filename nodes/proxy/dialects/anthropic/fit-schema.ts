// JSON Schemas for Claude's structured output and strict tools, fitted as Anthropic's SDK fits them: objects are closed, and
// keywords that the API refuses move into the description, where the model reads them.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject } from '../common/body-reader.ts'

const formats: ReadonlySet<Json> = new Set([
  ...['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'],
])

export function fitSchema(schema: JsonObject): JsonObject {
  const { $defs, definitions, $ref, $schema: _, ...own } = schema
  const defs = isObject($defs) ? $defs : definitions
  const known = isObject(defs) ? { $defs: fitAll(defs) } : {}
  if (typeof $ref === 'string') return { ...known, $ref: $ref.replace('#/definitions/', '#/$defs/') }
  return { ...known, ...fitOwn(own) }
}

function fitAll(schemas: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schemas).map(([name, one]) => [name, fitOne(one)]))
}

function fitOne(schema: Json): Json {
  return isObject(schema) ? fitSchema(schema) : schema
}

/** Takes what the API knows out of `rest`, and tells the remainder in the description. */
function fitOwn(own: JsonObject): JsonObject {
  const rest: Record<string, Json> = { ...own }
  const take = (name: string): Json => {
    const value = rest[name]
    delete rest[name]
    return value
  }
  const description = take('description')
  const title = take('title')
  const shape = shapeOf(rest, take)
  const said = [...(typeof description === 'string' ? [description] : []), ...remainder(rest)]
  return { ...shape, title, description: said.length === 0 ? undefined : said.join('\n\n') }
}

function remainder(rest: JsonObject): string[] {
  const entries = Object.entries(rest).filter(([, value]) => value !== undefined)
  if (entries.length === 0) return []
  return [`{${entries.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', ')}}`]
}

type Take = (name: string) => Json

function shapeOf(rest: Record<string, Json>, take: Take): JsonObject {
  const literals = takeLiterals(rest, take)
  if (literals !== undefined) {
    take('type')
    return literals
  }
  const combined = takeCombined(rest, take)
  if (combined !== undefined) {
    take('type')
    return combined
  }
  const type = take('type')
  return Array.isArray(type) ? takeVariants(type, rest, take) : takeTyped(type, rest, take)
}

function takeLiterals(rest: Record<string, Json>, take: Take): JsonObject | undefined {
  const { enum: values, const: value } = rest
  const isPlain = (one: Json) => one === null || typeof one !== 'object'
  if (Array.isArray(values) && values.length > 0 && values.every(isPlain)) return { enum: take('enum') }
  return value !== undefined && isPlain(value) ? { const: take('const') } : undefined
}

function takeCombined(rest: Record<string, Json>, take: Take): JsonObject | undefined {
  for (const name of ['anyOf', 'oneOf', 'allOf']) {
    if (!Array.isArray(rest[name])) continue
    const fitted = (take(name) as Json[]).map(fitOne)
    return { [name === 'oneOf' ? 'anyOf' : name]: fitted }
  }
  return undefined
}

/** Several types are as many variants, each with the keywords of its type. */
function takeVariants(listed: readonly Json[], rest: Record<string, Json>, take: Take): JsonObject {
  const types = [...new Set(listed)]
  const variants = types.map((type) => fitSchema({ ...ofType(type, rest), type }))
  for (const type of types) for (const name of Object.keys(ofType(type, rest))) take(name)
  return { anyOf: variants }
}

const keywords: Readonly<Record<string, readonly string[]>> = {
  object: ['properties', 'additionalProperties', 'required'],
  array: ['items', 'minItems'],
  string: ['format'],
}

function ofType(type: Json, rest: JsonObject): JsonObject {
  const names = keywords[String(type)] ?? []
  return Object.fromEntries(Object.entries(rest).filter(([name]) => names.includes(name)))
}

function takeTyped(type: Json, rest: Record<string, Json>, take: Take): JsonObject {
  switch (type ?? (isObject(rest['properties']) ? 'object' : undefined)) {
    case 'object': {
      const properties = take('properties')
      take('additionalProperties')
      const fitted = isObject(properties) ? fitAll(properties) : {}
      return { type: 'object', properties: fitted, additionalProperties: false, required: take('required') }
    }
    case 'array': {
      const items = fitOne(take('items'))
      const isKnown = rest['minItems'] === 0 || rest['minItems'] === 1
      return { type, items, minItems: isKnown ? take('minItems') : toldLast('minItems', rest) }
    }
    case 'string':
      return { type, format: formats.has(rest['format']) ? take('format') : toldLast('format', rest) }
    default:
      return { type }
  }
}

/** Moves a keyword whose value the API refuses behind the others, where the SDK tells it. */
function toldLast(name: string, rest: Record<string, Json>): undefined {
  const value = rest[name]
  delete rest[name]
  if (value !== undefined) rest[name] = value
}
