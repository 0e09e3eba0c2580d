// zod's issues as problems in our words: one problem for each unknown field, with the nearest known one.
import type { z } from 'zod'
import { type Around, misplacedField, notEnforced } from './kinds/schema-fields.ts'
import { didYouMean } from './nearest.ts'
import { invalid, type PathSegment, type Problem, quote, unsupported } from './problem.ts'

export interface Judged {
  schema: z.ZodType
  /** The input of the schema. */
  input: unknown
  /** The place of the input in the whole. */
  prefix: readonly PathSegment[]
}

export function problemsOf(error: z.ZodError, judged: Judged): Problem[] {
  return error.issues.filter(isTightest).flatMap((issue) => problemsOfIssue(issue, judged))
}

/** Of several bounds that one number is beyond, the tightest one is told: whole numbers have a bound of their own. */
function isTightest(issue: z.core.$ZodIssue, _: number, all: readonly z.core.$ZodIssue[]): boolean {
  if (issue.code !== 'too_big') return true
  const path = JSON.stringify(issue.path)
  return !all.some(
    (other) => other.code === 'too_big' && other.maximum < issue.maximum && JSON.stringify(other.path) === path,
  )
}

function problemsOfIssue(issue: z.core.$ZodIssue, { schema, input, prefix }: Judged): Problem[] {
  const inner = issue.path as PathSegment[]
  const path = [...prefix, ...inner]
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = fieldsAt(schema, inner)
      return issue.keys.map((key) => invalid([...path, key], `unknown field ${quote(key)}${didYouMean(key, known)}`))
    }
    case 'invalid_type':
      return [invalid(path, ownMessage(issue) ?? typeMessage(issue.expected, valueAt(input, inner)))]
    case 'invalid_value': {
      const own = ownMessage(issue)
      if (own !== undefined) return [invalid(path, own)]
      const value = valueAt(input, inner)
      const words = issue.values.map(String)
      const near = typeof value === 'string' ? didYouMean(value, words) : ''
      const options = [...new Set(words)].join(', ')
      return [
        invalid(path, value === undefined ? `is required: one of ${options}` : `expected one of ${options}${near}`),
      ]
    }
    case 'too_small':
      return [
        invalid(
          path,
          ownMessage(issue) ??
            sizeMessage(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum),
        ),
      ]
    case 'too_big':
      return [
        invalid(
          path,
          ownMessage(issue) ??
            sizeMessage(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum),
        ),
      ]
    case 'invalid_union':
      return problemsOfUnion(issue, { schema, input, prefix })
    case 'invalid_key':
      return [invalid(path, issue.issues[0]?.message ?? issue.message)]
    case 'custom':
      if (issue.params?.[notEnforced] === true) return [unsupported(path, issue.message)]
      return [invalid(path, adviceOf(issue, valueAt(input, inner.slice(0, -1))) ?? issue.message)]
    default:
      return [invalid(path, issue.message)]
  }
}

/** The message that a schema has for a wrong value. */
function ownMessage({ message }: z.core.$ZodIssue): string | undefined {
  return /^(Invalid |Too (small|big): )/.test(message) ? undefined : message
}

function adviceOf(issue: z.core.$ZodIssueCustom, around: unknown): string | undefined {
  const advice = issue.params?.['advice'] as ((around: Around) => string) | undefined
  return advice?.(around as Around)
}

/** Problems of the form that was meant: the one whose type is that of the value. */
function problemsOfUnion(issue: z.core.$ZodIssueInvalidUnion, judged: Judged): Problem[] {
  const isOfType = (issues: z.core.$ZodIssue[]) =>
    !issues.some(({ path, code }) => path.length === 0 && code === 'invalid_type')
  const meant = issue.errors.find(isOfType)
  if (meant !== undefined) {
    return meant.flatMap((inner) => problemsOfIssue({ ...inner, path: [...issue.path, ...inner.path] }, judged))
  }
  const path = issue.path as PathSegment[]
  const types = issue.errors.flatMap(([first]) =>
    first?.code === 'invalid_type' ? [expectedNames[first.expected]] : [],
  )
  const found = nameOf(valueAt(judged.input, path))
  return [invalid([...judged.prefix, ...path], `expected ${types.join(' or ')}, found ${found}`)]
}

function typeMessage(expected: string, value: unknown): string {
  const wanted = expectedNames[expected] ?? `a ${expected}`
  if (value === undefined) return `is required: ${wanted}`
  const isOneItem = expected === 'array' && typeof value !== 'object'
  const advice =
    expected === 'string' && typeof value === 'number'
      ? ' (put it in quotes)'
      : isOneItem
        ? ' (write [ ] around it)'
        : ''
  return `expected ${wanted}, found ${nameOf(value)}${advice}`
}

function nameOf(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number' && !Number.isFinite(value)) return 'an infinite one'
  return expectedNames[typeof value] ?? typeof value
}

const expectedNames: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'a map of fields',
  record: 'a map',
  string: 'text',
}

function sizeMessage(origin: string, relation: string, bound: number | bigint): string {
  if (origin === 'string') return `expected ${relation} ${bound} characters`
  if (origin === 'array') return `expected ${relation} ${bound} ${bound === 1 ? 'item' : 'items'}`
  return `expected a number of ${relation} ${bound}`
}

function valueAt(input: unknown, path: readonly PathSegment[]): unknown {
  let value = input
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined
    value = (value as Record<PathSegment, unknown>)[segment]
  }
  return value
}

/** The fields of the strict object at `path`: zod names what it does not know, not what it does. */
function fieldsAt(schema: z.ZodType, path: readonly PathSegment[]): string[] {
  let at = unwrapped(schema)
  for (const segment of path) {
    const next = at.type === 'object' ? at.shape?.[segment] : at.type === 'array' ? at.element : at.valueType
    if (next === undefined) return []
    at = unwrapped(next)
  }
  return Object.entries(at.shape ?? {})
    .filter(([, field]) => field.meta()?.[misplacedField] !== true)
    .map(([name]) => name)
}

interface Definition {
  type: string
  shape?: Record<string, z.ZodType>
  element?: z.ZodType
  valueType?: z.ZodType
  innerType?: z.ZodType
  in?: z.ZodType
  options?: readonly z.ZodType[]
}

function unwrapped(schema: z.ZodType): Definition {
  let definition = schema.def as Definition
  for (;;) {
    const inner = definition.innerType ?? definition.in ?? objectAmong(definition.options)
    if (inner === undefined) return definition
    definition = inner.def as Definition
  }
}

/** The form of a union that has fields. */
function objectAmong(options: readonly z.ZodType[] | undefined): z.ZodType | undefined {
  return options?.find((option) => (option.def as Definition).type === 'object')
}
