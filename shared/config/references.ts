// Who names whom. A reference is dangling when nothing bears its name; what is still referenced cannot be deleted.

import { keyMayMention, referencesOfKey } from './keys/key-rules.ts'
import { holds } from './kinds/holds.ts'
import { type EnforcedKind, enforcedKinds, resourceKinds, type SpecOf } from './kinds/kind.ts'
import { type Names, providerPart, type Reference } from './kinds/reference.ts'
import { kindRules } from './kinds/rules.ts'
import type { PathSegment } from './problem.ts'
import type { ConfigState, Resources } from './state.ts'

export function referencesOf<Kind extends EnforcedKind>(kind: Kind, name: string, spec: SpecOf[Kind]): Reference[] {
  const within = kindRules[kind].references(spec)
  return within.map((reference) => ({ ...reference, path: [kind, name, ...reference.path] }))
}

/** A hint at the name that could have been meant. */
export function candidatesFor(resources: Resources, to: Reference['to']): Iterable<string> {
  return resources[to === 'any-model' ? 'models' : to].keys()
}

/** The noun for one thing that is referred to. */
export function nounOf(to: Reference['to']): string {
  return resourceKinds[to === 'any-model' ? 'models' : to]
}

export interface Dangling {
  to: EnforcedKind
  name: string
  path: PathSegment[]
}

/** The references that dangle because of what was `deleted`, except those of resources that were `set` at the same time:
 *  their own check reports them. A look at every key, so it is made in few steps for the many that mention nothing. */
export function* danglingAfter(state: ConfigState, deleted: Names, set: Names): Iterable<Dangling> {
  if (enforcedKinds.every((kind) => deleted[kind].size === 0)) return
  for (const kind of enforcedKinds) yield* danglingOfKind(kind, state, { deleted, set })
  for (const [id, { spec }] of state.keys) {
    if (!keyMayMention(spec, deleted)) continue
    const references = referencesOfKey(spec).map((found) => ({ ...found, path: ['keys', id, ...found.path] }))
    yield* danglingAmong(state, references, deleted)
  }
}

function* danglingOfKind<Kind extends EnforcedKind>(
  kind: Kind,
  state: ConfigState,
  { deleted, set }: { deleted: Names; set: Names },
): Iterable<Dangling> {
  const rules = kindRules[kind]
  for (const [name, { spec }] of state.resources[kind]) {
    if (set[kind].has(name) || rules.mayMention?.(spec, deleted) === false) continue
    yield* danglingAmong(state, referencesOf(kind, name, spec), deleted)
  }
}

function* danglingAmong(state: ConfigState, references: Reference[], deleted: Names): Iterable<Dangling> {
  for (const reference of references) {
    if (holds(state.resources, reference)) continue
    for (const { to, name } of bearersOf(reference)) {
      if (deleted[to].has(name)) yield { to, name, path: reference.path }
    }
  }
}

/** The resources of which one has to be there. */
function bearersOf({ to, name }: Reference): { to: EnforcedKind; name: string }[] {
  if (to !== 'any-model') return [{ to, name }]
  return [
    { to: 'models', name },
    { to: 'providers', name: providerPart(name) },
  ]
}
