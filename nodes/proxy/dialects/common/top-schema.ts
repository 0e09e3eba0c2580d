// The schema of a tool's input. Claude and OpenAI want an object there, and refuse `anyOf`, `oneOf` and `allOf` at the top ("input_schema does
// not support oneOf, allOf, or anyOf at the top level"). Such a schema becomes one object that accepts at least what the original does.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject } from './body-reader.ts'

const words = ['anyOf', 'oneOf', 'allOf'] as const

export function topSchema(schema: JsonObject): JsonObject {
  const combined = words.flatMap((word) => {
    const list = schema[word]
    return Array.isArray(list) ? [{ word, list: list.filter(isObject).map((one) => resolved(one, schema)) }] : []
  })
  const rest = Object.fromEntries(Object.entries(schema).filter(([name]) => !words.some((word) => word === name)))
  const typed = { ...rest, type: 'object' }
  return combined.length === 0 ? typed : combined.reduce(joined, typed)
}

/** The schema that a reference into the definitions of `root` names. */
function resolved(schema: JsonObject, root: JsonObject): JsonObject {
  const [, place, name] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(String(schema['$ref'])) ?? []
  const defined = place === undefined ? undefined : root[place]
  const found = isObject(defined) && name !== undefined ? defined[name] : undefined
  return isObject(found) ? found : schema
}

function joined(whole: JsonObject, { word, list }: { word: string; list: readonly JsonObject[] }): JsonObject {
  const all = list.map(requiredOf)
  // Of several variants only what each of them requires is required.
  const named = word === 'allOf' ? all.flat() : commonTo(all)
  const required = [...new Set([...requiredOf(whole), ...named])]
  const members = new Map<string, Json[]>()
  for (const one of [...list, whole]) {
    const { properties } = one
    for (const [name, value] of Object.entries(isObject(properties) ? properties : {})) {
      const known = members.get(name)
      if (known === undefined || word === 'allOf') members.set(name, [value])
      else known.push(value)
    }
  }
  const properties = Object.fromEntries([...members].map(([name, values]) => [name, anyOf(values)]))
  const { additionalProperties: _, ...open } = whole
  return { ...open, properties, required: required.length === 0 ? undefined : required }
}

/** The names that stand in every list. */
function commonTo([first = [], ...others]: readonly (readonly Json[])[]): Json[] {
  return others.reduce<Json[]>(
    (some, names) => {
      const known = new Set(names)
      return some.filter((name) => known.has(name))
    },
    [...first],
  )
}

function requiredOf({ required }: JsonObject): Json[] {
  return Array.isArray(required) ? required : []
}

/** A member that variants define differently is any of what they say. */
function anyOf(values: readonly Json[]): Json {
  const distinct = new Map(values.map((value) => [JSON.stringify(value), value]))
  return distinct.size === 1 ? values.at(-1) : { anyOf: [...distinct.values()] }
}
