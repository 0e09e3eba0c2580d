// Prints JSON Schema for models that support only a subset of OpenAPI's schemas (wire 74): references are expanded, a
// `null` type becomes `nullable`, and unsupported keywords are left out, so that the printed schema accepts at least
// what the original does.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject } from '../common/body-reader.ts'

/** Schemas nested deeper than a model could follow are cut: any value is accepted below this depth. */
const depthMax = 32
/** A schema that is larger is cut short: any value is accepted there. */
const nodesMax = 5_000

/** What the references of one request may expand to in all of its schemas. A few of them multiply what they refer to. */
export class ExpansionRoom {
  nodes = 20_000
  /** Characters of texts, and some for each member. */
  size = 4 << 20
}

const memberSize = 16

export function openApiSchemaOf(schema: JsonObject, room = new ExpansionRoom()): JsonObject {
  return new SchemaPrinter(schema, room).print(schema, [])
}

const keptWords = [
  ...['title', 'description', 'minItems', 'maxItems', 'minimum', 'maximum', 'minLength', 'maxLength', 'pattern'],
  ...['minProperties', 'maxProperties', 'propertyOrdering', 'default', 'example'],
]
const formats: ReadonlySet<Json> = new Set(['float', 'double', 'int32', 'int64', 'date-time', 'enum'])

class SchemaPrinter {
  readonly #root: JsonObject
  readonly #room: ExpansionRoom
  #nodes = 0
  /** The number of references that are being expanded. */
  #expanding = 0

  constructor(root: JsonObject, room: ExpansionRoom) {
    this.#root = root
    this.#room = room
  }

  /** `within`: the references that are being expanded. */
  print(value: Json, within: readonly string[]): JsonObject {
    if (!isObject(value) || within.length > depthMax || this.#nodes++ > nodesMax || !this.#fits(value)) return {}
    const reference = value['$ref']
    if (typeof reference === 'string') return this.#referred(reference, value, within)
    const all = value['allOf']
    if (Array.isArray(all)) return this.print(merged(value, all), [...within, ''])
    return this.#plain(value, [...within, ''])
  }

  #referred(reference: string, { $ref: _, ...beside }: JsonObject, within: readonly string[]): JsonObject {
    if (within.includes(reference)) return { type: 'OBJECT' }
    const target = pointed(this.#root, reference)
    if (target === undefined) return this.print(beside, within)
    this.#expanding++
    const expanded = this.print({ ...target, ...beside }, [...within, reference])
    this.#expanding--
    return expanded
  }

  /** Whether there is room for a schema: only what is written once, in no reference, always fits. */
  #fits(value: JsonObject): boolean {
    if (this.#expanding === 0) return true
    this.#room.nodes--
    this.#room.size -= sizeOf(value)
    return this.#room.nodes >= 0 && this.#room.size >= 0
  }

  #plain(value: JsonObject, within: readonly string[]): JsonObject {
    const printed: Record<string, Json> = {}
    for (const word of keptWords) if (value[word] !== undefined) printed[word] = value[word]
    if (formats.has(value['format'])) printed['format'] = value['format']
    this.#addType(value, printed, within)
    this.#addChoices(value, printed, within)
    this.#addMembers(value, printed, within)
    return printed
  }

  #addType(value: JsonObject, printed: Record<string, Json>, within: readonly string[]): void {
    const listed = Array.isArray(value['type']) ? value['type'] : [value['type']]
    const types = [...new Set(listed)].filter((type): type is string => typeof type === 'string')
    const named = types.filter((type) => type !== 'null')
    if (named.length < types.length || value['nullable'] === true) printed['nullable'] = true
    if (named.length > 1) {
      printed['anyOf'] = named.map((type) => this.print({ ...value, type, nullable: undefined }, within))
      return
    }
    const type = named[0] ?? typeByMembers(value)
    if (type !== undefined) printed['type'] = type.toUpperCase()
    const values = value['const'] === undefined ? value['enum'] : [value['const']]
    // Only strings can be enumerated.
    if (!Array.isArray(values)) return
    if (values.includes(null)) printed['nullable'] = true
    const texts = values.filter((one) => one !== null)
    if (texts.length === 0 || !texts.every((one) => typeof one === 'string')) return
    Object.assign(printed, { type: 'STRING', format: 'enum', enum: texts })
  }

  #addChoices(value: JsonObject, printed: Record<string, Json>, within: readonly string[]): void {
    const choices = value['anyOf'] ?? value['oneOf']
    if (!Array.isArray(choices)) return
    const some = choices.filter((choice) => !isNull(choice))
    if (some.length < choices.length) printed['nullable'] = true
    if (some.length === 1) Object.assign(printed, this.print(some[0], within))
    else if (some.length > 1) printed['anyOf'] = some.map((choice) => this.print(choice, within))
  }

  #addMembers(value: JsonObject, printed: Record<string, Json>, within: readonly string[]): void {
    const { properties, required, items, prefixItems } = value
    if (isObject(properties) && Object.keys(properties).length > 0) {
      const entries = Object.entries(properties).map(([name, one]) => [name, this.print(one, within)] as const)
      printed['properties'] = Object.fromEntries(entries)
      const names = Array.isArray(required) ? required.filter((name) => Object.hasOwn(properties, name)) : []
      if (names.length > 0) printed['required'] = names
    }
    if (printed['type'] !== 'ARRAY') return
    const places = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : undefined
    if (places === undefined) printed['items'] = this.print(items ?? {}, within)
    else printed['items'] = places.length === 1 ? this.print(places[0], within) : this.#anyOf(places, within)
  }

  #anyOf(choices: readonly Json[], within: readonly string[]): JsonObject {
    return choices.length === 0 ? {} : { anyOf: choices.map((choice) => this.print(choice, within)) }
  }
}

/** What is looked at in a schema itself: its texts, and the lists and members of which each has a place. */
function sizeOf(value: JsonObject): number {
  let size = 0
  for (const name in value) {
    const member = value[name]
    size += memberSize
    if (typeof member === 'string') size += member.length
    else if (Array.isArray(member)) size += memberSize * member.length
    else if (name === 'properties' && isObject(member)) size += memberSize * Object.keys(member).length
  }
  return size
}

function typeByMembers({ properties, items, prefixItems }: JsonObject): string | undefined {
  if (isObject(properties)) return 'object'
  return items === undefined && prefixItems === undefined ? undefined : 'array'
}

function isNull(value: Json): boolean {
  return isObject(value) && value['type'] === 'null'
}

/** Merges the schemas of `allOf`: properties and required names are united; for other keywords the last value wins. */
function merged({ allOf: _, ...own }: JsonObject, all: readonly Json[]): JsonObject {
  const sum: Record<string, Json> = {}
  const properties: Record<string, Json> = {}
  const required = new Set<Json>()
  for (const one of [own, ...all.filter(isObject)]) {
    Object.assign(sum, one)
    Object.assign(properties, one['properties'])
    if (Array.isArray(one['required'])) for (const name of one['required']) required.add(name)
  }
  if (Object.keys(properties).length > 0) sum['properties'] = properties
  if (required.size > 0) sum['required'] = [...required]
  return sum
}

/** Resolves `#/$defs/name`; undefined when the reference is not in the schema. */
function pointed(root: JsonObject, reference: string): JsonObject | undefined {
  if (reference !== '#' && !reference.startsWith('#/')) return undefined
  let value: Json = root
  for (const step of reference.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return isObject(value) ? value : undefined
}
