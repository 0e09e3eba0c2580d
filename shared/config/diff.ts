// What a change does, for people and for `?dryRun=1`: which resources are made, altered and deleted, and which of their
// fields. Secrets are masks on both sides; that one changed shows even where the masks are equal.
import { isDeepStrictEqual } from 'node:util'
import type { ConfigChange } from './events.ts'
import { applyChange, forkState } from './fold.ts'
import type { ForkableMap } from './forkable-map.ts'
import type { KeyRecord } from './keys/key-record.ts'
import { enforcedKinds } from './kinds/kind.ts'
import { formatPath, type PathSegment, quote } from './problem.ts'
import { publicKey } from './public-view.ts'
import { maskOf, type SealedSecret } from './sealed-secret.ts'
import type { ConfigState, Resource } from './state.ts'

export interface DiffEntry {
  /** A kind, or `keys`. */
  kind: string
  name: string
  action: 'create' | 'update' | 'delete'
  /** The changed values of an update, or all values of a creation. */
  fields: FieldDiff[]
}

export interface FieldDiff {
  /** The path within the resource: `targets[0].weight`. */
  path: string
  before?: unknown
  after?: unknown
}

/** The difference that `change` would make to `state`, which stays as it is. */
export function diffChange(state: ConfigState, change: ConfigChange | undefined): DiffEntry[] {
  if (change === undefined) return []
  const after = forkState(state)
  applyChange(after, change, state.revision + 1)
  return diffStates(state, after)
}

export function diffStates(before: ConfigState, after: ConfigState): DiffEntry[] {
  const entries = enforcedKinds.flatMap((kind) =>
    diffOfMaps<unknown>(kind, before.resources[kind], after.resources[kind]),
  )
  return [...entries, ...diffOfMaps('keys', before.keys, after.keys)]
}

/** Lines such as `~ models.fast` with the changed fields below it; '' when nothing changes. */
export function formatDiff(entries: readonly DiffEntry[]): string {
  return entries
    .flatMap(({ kind, name, action, fields }) => {
      const head = `${signs[action]} ${formatPath([kind, name])}`
      return [head, ...fields.map((field) => `    ${field.path}: ${formatField(action, field)}`)]
    })
    .join('\n')
}

const signs = { create: '+', update: '~', delete: '-' } as const satisfies Record<DiffEntry['action'], string>

function formatField(action: DiffEntry['action'], { before, after }: FieldDiff): string {
  return action === 'create' ? formatValue(after) : `${formatValue(before)} → ${formatValue(after)}`
}

function formatValue(value: unknown): string {
  if (value === undefined) return 'none'
  return typeof value === 'string' ? quote(value) : JSON.stringify(value)
}

function diffOfMaps<Spec>(
  kind: string,
  before: ForkableMap<Resource<Spec>>,
  after: ForkableMap<Resource<Spec>>,
): DiffEntry[] {
  const entries: DiffEntry[] = []
  for (const { name, before: old, after: now } of after.differencesFrom(before)) {
    if (now === undefined) entries.push({ kind, name, action: 'delete', fields: [] })
    else {
      const fields = fieldsOf(old?.spec, now.spec)
      if (old === undefined) entries.push({ kind, name, action: 'create', fields })
      else if (fields.length > 0) entries.push({ kind, name, action: 'update', fields })
    }
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function fieldsOf(before: unknown, after: unknown): FieldDiff[] {
  const fields: FieldDiff[] = []
  compare(shown(before), shown(after), [], fields)
  return fields
}

function compare(before: unknown, after: unknown, path: PathSegment[], found: FieldDiff[]): void {
  if (isDeepStrictEqual(before, after)) return
  if (isBranch(before) || isBranch(after)) {
    const isComparable = (isBranch(before) || before === undefined) && (isBranch(after) || after === undefined)
    if (isComparable && (path.length === 0 || Array.isArray(before ?? after) === Array.isArray(after ?? before))) {
      for (const key of keysOf(before, after)) compare(fieldOf(before, key), fieldOf(after, key), [...path, key], found)
      return
    }
  }
  found.push({
    path: formatPath(path),
    ...(before === undefined ? {} : { before: masked(before) }),
    ...(after === undefined ? {} : { after: masked(after) }),
  })
}

function keysOf(before: unknown, after: unknown): PathSegment[] {
  const sample = after ?? before
  if (Array.isArray(sample)) {
    const length = Math.max(Array.isArray(before) ? before.length : 0, Array.isArray(after) ? after.length : 0)
    return Array.from({ length }, (_, index) => index)
  }
  return [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
}

function fieldOf(value: unknown, key: PathSegment): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return (value as Record<PathSegment, unknown>)[key]
}

function isBranch(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !isSealed(value)
}

function isSealed(value: unknown): value is SealedSecret {
  return typeof value === 'object' && value !== null && '$sealed' in value && 'hint' in value
}

function masked(value: unknown): unknown {
  return isSealed(value) ? maskOf(value) : value
}

/** A spec as it may be shown: a key without its hashes and its token. */
function shown(spec: unknown): unknown {
  return typeof spec === 'object' && spec !== null && 'tokenHash' in spec ? publicKey(spec as KeyRecord) : spec
}
