// Members of a caller's messages, parts and tools that have no neutral name. No target is sent them, so the caller is told. Each
// dialect has a table of the members that its parser reads, or that mean nothing to another model (ids, states, logprobs).
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { absent, isObject } from './body-reader.ts'

export interface Shape {
  /** What stands before the name of a member where the caller is told of it. */
  readonly label: string
  readonly known: ReadonlySet<string>
  /** Members that hold an object, or a list of objects. */
  readonly within?: Readonly<Record<string, Inner>>
}

/** The shape of what a member holds; a function returns undefined for an object that is passed on, or refused, as a whole. */
export type Inner = Shape | ((value: JsonObject) => Shape | undefined)

/** `members`: names with spaces between them. */
export function shape(label: string, members: string, within?: Readonly<Record<string, Inner>>): Shape {
  const known = new Set([...members.split(' '), ...Object.keys(within ?? {})])
  return within === undefined ? { label, known } : { label, known, within }
}

/** Chooses by the member `type`. */
export function byType(shapes: Readonly<Record<string, Shape>>, otherwise?: string): Inner {
  return ({ type }) => {
    const name = typeof type === 'string' ? type : (otherwise ?? '')
    return Object.hasOwn(shapes, name) ? shapes[name] : undefined
  }
}

/** The names that a caller is told, in a header that has room for fewer. */
const namesMax = 64

/** The names of the members that the shape does not know, each once; the first ones, where there are many. */
export function unknownMembers(value: Json, inner: Inner): string[] {
  const names = new Set<string>()
  collect(value, inner, names)
  return [...names]
}

function collect(value: Json, inner: Inner, names: Set<string>): void {
  if (Array.isArray(value)) for (const one of value) collect(one, inner, names)
  if (!isObject(value)) return
  const found = typeof inner === 'function' ? inner(value) : inner
  if (found === undefined) return
  const { label, known, within } = found
  for (const name in value) {
    if (names.size < namesMax && !known.has(name) && !saysNothing(value[name]))
      names.add(label === '' ? name : `${label}.${name}`)
    const next = within?.[name]
    if (next !== undefined) collect(value[name], next, names)
  }
}

/** Whether a member is as if it were not there. */
function saysNothing(value: Json): boolean {
  return absent(value) || value === false || (Array.isArray(value) && value.length === 0)
}
