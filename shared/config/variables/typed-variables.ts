// Variables that stand for a whole value. A variable is a text; where the schema wants a number or a boolean, it becomes one.
import type { z } from 'zod'
import type { ConfigDocument } from '../config-document.ts'
import { specSchemas } from '../kinds/schemas.ts'
import { formatPath, type PathSegment } from '../problem.ts'

/** Gives the values at `paths`, which variables filled in, the types that the schemas want there. A text that is wanted as a text stays
 *  one, whatever it looks like: keys may consist of digits. */
export function typeVariables(
  resources: ConfigDocument['resources'],
  paths: readonly (readonly PathSegment[])[],
): void {
  for (const { kind, name, input } of resources) {
    const own = paths.filter((path) => path[0] === kind && path[1] === name).map((path) => path.slice(2))
    if (!own.some((path) => typedValue(at(input, path)) !== undefined)) continue
    const wanted = wantedTypes(specSchemas[kind], input)
    for (const path of own) typeOne(input, path, wanted.get(formatPath(path)) ?? [])
  }
}

function typeOne(input: unknown, path: readonly PathSegment[], types: readonly string[]): void {
  const value = typedValue(at(input, path))
  const parent = at(input, path.slice(0, -1))
  const last = path.at(-1)
  if (last === undefined || typeof parent !== 'object' || parent === null || !types.includes(typeof value)) return
  Object.defineProperty(parent, last, { value, writable: true, enumerable: true, configurable: true })
}

/** The types that a schema misses in the input, by the path of the value. */
function wantedTypes(schema: z.ZodType, input: unknown): Map<string, string[]> {
  const wanted = new Map<string, string[]>()
  const issues = schema.safeParse(input).error?.issues ?? []
  for (const issue of issues) wanted.set(formatPath(issue.path as PathSegment[]), typesIn(issue))
  return wanted
}

function typesIn(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'invalid_type') return [issue.expected]
  return issue.code === 'invalid_union' ? issue.errors.flat().flatMap(typesIn) : []
}

const numberText = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

/** The number or the boolean that a text writes; undefined for any other value. */
function typedValue(value: unknown): number | boolean | undefined {
  if (value === 'true' || value === 'false') return value === 'true'
  if (typeof value !== 'string' || !numberText.test(value) || !Number.isFinite(Number(value))) return undefined
  return Number(value)
}

function at(value: unknown, path: readonly PathSegment[]): unknown {
  let found = value
  for (const segment of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, segment)) return undefined
    found = (found as Record<PathSegment, unknown>)[segment]
  }
  return found
}
