// The checks of meaning, made on the state that a change would produce: every reference has a bearer, fallbacks do not run
// in circles, no two names look alike, providers live where they may. A valid configuration stays valid: `checkChanges`
// looks only at what the changes can have broken, which is milliseconds beside a hundred thousand keys, and finds the same
// as `checkState`.
import type { Change } from './events.ts'
import { applyChange, forkState } from './fold.ts'
import type { KeyRecord } from './keys/key-record.ts'
import { referencesOfKey } from './keys/key-rules.ts'
import { holds } from './kinds/holds.ts'
import { byKind, type EnforcedKind, enforcedKinds, isResourceChange, kindOfChange } from './kinds/kind.ts'
import type { CheckOptions } from './kinds/kind-rules.ts'
import type { Names, Reference } from './kinds/reference.ts'
import { kindRules } from './kinds/rules.ts'
import { foldName } from './names.ts'
import { didYouMean } from './nearest.ts'
import { formatPath, invalid, type PathSegment, type Problem, quote } from './problem.ts'
import { candidatesFor, danglingAfter, nounOf, referencesOf } from './references.ts'
import type { ConfigState, Resources } from './state.ts'

/** Every problem of a whole state. */
export function checkState(next: ConfigState, options: CheckOptions): Problem[] {
  const problems: Problem[] = []
  for (const kind of enforcedKinds) {
    const names = [...next.resources[kind].keys()]
    problems.push(...names.flatMap((name) => checkResource(next.resources, kind, name, options)))
    problems.push(...alikeAmong(kind, names))
  }
  for (const kind of enforcedKinds) problems.push(...(kindRules[kind].checkAll?.(next.resources) ?? []))
  for (const [id, { spec }] of next.keys) problems.push(...checkKey(next.resources, spec, ['keys', id]))
  return problems
}

/** The problems that `changes` would bring into a state that has none. */
export function checkChanges(before: ConfigState, changes: readonly Change[], options: CheckOptions): Problem[] {
  const next = preview(before, changes)
  const { set, deleted } = touched(before, next, changes)
  const problems: Problem[] = []
  for (const kind of enforcedKinds) {
    for (const name of set[kind]) problems.push(...checkResource(next.resources, kind, name, options))
    const added = [...set[kind]].filter((name) => !before.resources[kind].has(name))
    problems.push(...alikeTo(kind, added, next.resources[kind]))
  }
  for (const kind of enforcedKinds) problems.push(...checkTogether(kind, set[kind], { before, next }))
  for (const change of changes) {
    if (change.type === 'key-issued') problems.push(...checkKey(next.resources, change.key, []))
  }
  return [...problems, ...stillUsed(next, deleted, set)]
}

function checkKey(resources: Resources, key: KeyRecord, prefix: PathSegment[]): Problem[] {
  return checkReferences(resources, referencesOfKey(key), prefix)
}

function checkResource<Kind extends EnforcedKind>(
  resources: Resources,
  kind: Kind,
  name: string,
  options: CheckOptions,
): Problem[] {
  const spec = resources[kind].get(name)?.spec
  if (spec === undefined) return []
  const ownProblems = kindRules[kind].check?.(name, spec, options) ?? []
  return [...checkReferences(resources, referencesOf(kind, name, spec), []), ...ownProblems]
}

function checkTogether(
  kind: EnforcedKind,
  set: ReadonlySet<string>,
  states: { before: ConfigState; next: ConfigState },
): Problem[] {
  if (set.size === 0) return []
  const { checkAll, checkSet } = kindRules[kind]
  const ofEach = checkSet === undefined ? [] : [...set].flatMap((name) => checkSet(name, states))
  return [...(checkAll?.(states.next.resources) ?? []), ...ofEach]
}

function checkReferences(resources: Resources, references: Reference[], prefix: PathSegment[]): Problem[] {
  return references
    .filter((reference) => reference.name !== '' && !holds(resources, reference))
    .map(({ path, to, name }) => {
      const near = didYouMean(name, candidatesFor(resources, to))
      return invalid([...prefix, ...path], `there is no ${nounOf(to)} ${quote(name)}${near}`)
    })
}

function alikeAmong(kind: EnforcedKind, names: readonly string[]): Problem[] {
  const seen = new Map<string, string>()
  const problems: Problem[] = []
  for (const name of names) {
    const other = seen.get(foldName(name))
    if (other === undefined) seen.set(foldName(name), name)
    else problems.push(alike(kind, name, other))
  }
  return problems
}

function alikeTo(kind: EnforcedKind, added: readonly string[], all: ReadonlyMap<string, unknown>): Problem[] {
  const wanted = new Map<string, string[]>()
  for (const name of added) wanted.set(foldName(name), [])
  const lengths = new Set(added.map((name) => name.length)) // stored names are ASCII: their length outlasts folding
  for (const name of added.length === 0 ? [] : all.keys()) {
    if (lengths.has(name.length)) wanted.get(foldName(name))?.push(name)
  }
  return [...wanted.values()].flatMap(([first, ...others]) => {
    return first === undefined ? [] : others.map((name) => alike(kind, name, first))
  })
}

function alike(kind: EnforcedKind, name: string, other: string): Problem {
  return invalid([kind, name], `this name is a duplicate of ${quote(other)}: they differ in case or form only`)
}

const usersNamedMax = 5
const usersCountedMax = 1_000

/** Problems of deleted resources that are still named somewhere, one each. */
function stillUsed(next: ConfigState, deleted: Names, set: Names): Problem[] {
  const uses = new Map<string, { path: PathSegment[]; users: string[]; count: number }>()
  let counted = 0
  for (const { to, name, path } of danglingAfter(next, deleted, set)) {
    if (++counted > usersCountedMax) break
    const key = `${to}/${name}`
    const use = uses.get(key) ?? { path: [to, name], users: [], count: 0 }
    if (use.users.length < usersNamedMax) use.users.push(formatPath(path))
    use.count++
    uses.set(key, use)
  }
  return [...uses.values()].map(({ path, users, count }) => {
    const more = count > users.length ? ` and ${counted > usersCountedMax ? 'many' : count - users.length} more` : ''
    return invalid(path, `cannot be deleted: still used by ${users.join(', ')}${more}`)
  })
}

/** The state after `changes`, as far as checks read it: new keys are left out, because nothing refers to them. */
function preview(before: ConfigState, changes: readonly Change[]): ConfigState {
  const next = forkState(before)
  for (const change of changes) {
    if (isResourceChange(change) || change.type === 'key-revoked') applyChange(next, change, before.revision + 1)
  }
  return next
}

function touched(before: ConfigState, next: ConfigState, changes: readonly Change[]): { set: Names; deleted: Names } {
  const set = byKind(() => new Set<string>())
  const deleted = byKind(() => new Set<string>())
  for (const change of changes) {
    if (!isResourceChange(change)) continue
    const kind = kindOfChange(change)
    if (next.resources[kind].has(change.name)) set[kind].add(change.name)
    else if (before.resources[kind].has(change.name)) deleted[kind].add(change.name)
  }
  return { set, deleted }
}
