// The edge: unknown data goes in, a true spec or all of its problems come out. What fails is salvaged as far as it can be
// read, so that a misspelt field does not hide a dangling reference two lines below it.
import type { z } from 'zod'
import { problemsOf } from './issues.ts'
import type { EnforcedKind, SpecOf } from './kinds/kind.ts'
import { kindRules } from './kinds/rules.ts'
import { isRecord } from './kinds/salvage.ts'
import { specSchemas } from './kinds/schemas.ts'
import { isName, nameRule } from './names.ts'
import { invalid, type PathSegment, type Problem } from './problem.ts'
import type { InputOf } from './secret-fields.ts'

export type ParsedSpec<Kind extends EnforcedKind> =
  | { ok: true; spec: InputOf[Kind] }
  /** `draft` is good for checks of meaning only: it is never stored. */
  | { ok: false; problems: Problem[]; draft: SpecOf[Kind] }

export function parseSpec<Kind extends EnforcedKind>(kind: Kind, name: string, input: unknown): ParsedSpec<Kind> {
  const path = [kind, name]
  const problems = isName(name) ? [] : [invalid(path, nameRule)]
  const parsed = parseWith(specSchemas[kind] as unknown as z.ZodType<InputOf[Kind]>, input, path)
  if (parsed.ok && problems.length === 0) return { ok: true, spec: parsed.value }
  if (!parsed.ok) problems.push(...parsed.error)
  return { ok: false, problems, draft: kindRules[kind].salvage(isRecord(input) ? input : {}) }
}

export function parseWith<Value>(
  schema: z.ZodType<Value>,
  input: unknown,
  prefix: readonly PathSegment[],
): { ok: true; value: Value } | { ok: false; error: Problem[] } {
  const strange = strangeData(input, prefix, { nodesLeft: nodesMax })
  if (strange !== undefined) return { ok: false, error: [strange] }
  const parsed = schema.safeParse(input)
  if (parsed.success) return { ok: true, value: parsed.data }
  return { ok: false, error: problemsOf(parsed.error, { schema, input, prefix }) }
}

const nodesMax = 50_000
const depthMax = 16

/** Bounds the work below, and refuses the one key that plain objects cannot hold as data. */
function strangeData(value: unknown, path: readonly PathSegment[], work: { nodesLeft: number }): Problem | undefined {
  if (--work.nodesLeft < 0) return invalid(path, 'this is too large for one resource')
  if (typeof value !== 'object' || value === null) return undefined
  if (path.length > depthMax) return invalid(path, 'this is nested too deeply')
  for (const key of Object.keys(value)) {
    const inner = [...path, Array.isArray(value) ? Number(key) : key]
    if (key === '__proto__') return invalid(inner, 'unknown field "__proto__"')
    const found = strangeData((value as Record<string, unknown>)[key], inner, work)
    if (found !== undefined) return found
  }
  return undefined
}
