// Who names whom. A reference is dangling when nothing bears its name; what is still referenced cannot be deleted.
import { type EnforcedKind, enforcedKinds, type KeyRecord, type SpecOf } from './kinds.ts'
import type { PathSegment } from './problem.ts'
import type { ConfigState } from './state.ts'

/** `model`: a model by its name, or `provider/model` and `provider/*` for a provider's own models. */
export interface Reference {
  path: PathSegment[]
  to: 'provider' | 'model-alias' | 'model' | 'team' | 'user' | 'app'
  name: string
}

export type Resources = ConfigState['resources']

export function referencesOf<Kind extends EnforcedKind>(kind: Kind, name: string, spec: SpecOf[Kind]): Reference[] {
  return within(kind, spec).map((reference) => ({ ...reference, path: [kind, name, ...reference.path] }))
}

function within<Kind extends EnforcedKind>(kind: Kind, spec: SpecOf[Kind]): Reference[] {
  switch (kind) {
    case 'providers':
      return []
    case 'models':
      return ofModel(spec as SpecOf['models'])
    case 'slos':
      return ofSlo(spec as SpecOf['slos'])
    default:
      return ofOwner(spec as SpecOf['teams'])
  }
}

/** Paths are relative to the key. */
export function referencesOfKey(key: Pick<KeyRecord, 'owner' | 'models'>): Reference[] {
  const [to, name] = Object.entries(key.owner)[0] as ['team' | 'user' | 'app', string]
  return [{ path: ['owner', to], to, name }, ...ofModels(key.models)]
}

export function holds(resources: Resources, { to, name }: Reference): boolean {
  switch (to) {
    case 'provider':
      return resources.providers.has(name)
    case 'model-alias':
      return resources.models.has(name)
    case 'model':
      return resources.models.has(name) || resources.providers.has(providerPart(name))
    default:
      return resources[`${to}s`].has(name)
  }
}

/** What could have been meant. */
export function candidatesFor(resources: Resources, to: Reference['to']): Iterable<string> {
  if (to === 'model' || to === 'model-alias') return resources.models.keys()
  return resources[`${to}s`].keys()
}

export type Names = { readonly [Kind in EnforcedKind]: ReadonlySet<string> }

export interface Dangling {
  to: EnforcedKind
  name: string
  path: PathSegment[]
}

/** The references that dangle because of what was `deleted`, except those of resources that were `set` at the same time:
 *  their own check reports them. A look at every key, so it is made in few steps for the many that mention nothing. */
export function* danglingAfter(state: ConfigState, deleted: Names, set: Names): Iterable<Dangling> {
  if (enforcedKinds.every((kind) => deleted[kind].size === 0)) return
  for (const kind of enforcedKinds) {
    for (const [name, { spec }] of state.resources[kind]) {
      if (set[kind].has(name) || !mentions(spec, deleted)) continue
      yield* danglingAmong(state, referencesOf(kind, name, spec), deleted)
    }
  }
  for (const [id, { spec }] of state.keys) {
    if (!mentionsOwner(spec.owner, deleted) && !mentions(spec, deleted)) continue
    const references = referencesOfKey(spec).map((found) => ({ ...found, path: ['keys', id, ...found.path] }))
    yield* danglingAmong(state, references, deleted)
  }
}

function mentions(spec: SpecOf[EnforcedKind] | KeyRecord, deleted: Names): boolean {
  if ('targets' in spec || 'objective' in spec) return true
  if ('team' in spec && spec.team !== undefined && deleted.teams.has(spec.team)) return true
  if (!('models' in spec) || spec.models === undefined) return false
  return spec.models.some((name) => deleted.models.has(name) || deleted.providers.has(providerPart(name)))
}

function mentionsOwner(owner: KeyRecord['owner'], deleted: Names): boolean {
  if ('team' in owner) return deleted.teams.has(owner.team)
  return 'user' in owner ? deleted.users.has(owner.user) : deleted.apps.has(owner.app)
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
  if (to === 'model-alias') return [{ to: 'models', name }]
  if (to !== 'model') return [{ to: `${to}s`, name }]
  return [
    { to: 'models', name },
    { to: 'providers', name: providerPart(name) },
  ]
}

/** The `openai` of `openai/gpt-4o`; '' when there is none, which is nobody's name. */
function providerPart(name: string): string {
  const slash = name.indexOf('/')
  return slash < 0 || slash === name.length - 1 ? '' : name.slice(0, slash)
}

function ofModel(spec: SpecOf['models']): Reference[] {
  const targets = spec.targets.map(({ provider }, index) =>
    reference(['targets', index, 'provider'], 'provider', provider),
  )
  const fallbacks = (spec.fallbacks ?? []).map((name, index) => reference(['fallbacks', index], 'model-alias', name))
  return [...targets, ...fallbacks]
}

function ofOwner(spec: SpecOf['teams']): Reference[] {
  const team = spec.team === undefined ? [] : [reference(['team'], 'team', spec.team)]
  return [...team, ...ofModels(spec.models)]
}

/** Its key is no reference: a key can be revoked whoever names it. */
function ofSlo({ match = {} }: SpecOf['slos']): Reference[] {
  return sloReferences.flatMap((to) => {
    const name = match[to]
    return name === undefined ? [] : [reference(['match', to], to, name)]
  })
}

const sloReferences = ['model', 'provider', 'team', 'user', 'app'] as const

function ofModels(models: readonly string[] | undefined): Reference[] {
  return models === undefined ? [] : models.map((name, index) => reference(['models', index], 'model', name))
}

function reference(path: PathSegment[], to: Reference['to'], name: string): Reference {
  return { path, to, name }
}
