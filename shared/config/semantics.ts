// The checks of meaning, made on the state that a change would produce: every reference has a bearer, fallbacks do not run
// in circles, no two names look alike, providers live where they may. A valid configuration stays valid: `checkChanges`
// looks only at what the changes can have broken, which is milliseconds beside a hundred thousand keys, and finds the same
// as `checkState`.
import { checkSlo, sloCountProblem, sloKeyProblem } from './check-slo.ts'
import { egressProblem } from './egress.ts'
import type { Change } from './events.ts'
import { fallbackCycles } from './fallback-cycles.ts'
import { applyChange, forkState } from './fold.ts'
import {
  type EnforcedKind,
  enforcedKinds,
  type KeyRecord,
  type ModelSpec,
  type ProviderSpec,
  type SloSpec,
} from './kinds.ts'
import { foldName } from './names.ts'
import { didYouMean } from './nearest.ts'
import { formatPath, invalid, type PathSegment, type Problem, quote } from './problem.ts'
import {
  candidatesFor,
  danglingAfter,
  holds,
  type Names,
  type Reference,
  type Resources,
  referencesOf,
  referencesOfKey,
} from './references.ts'
import type { ConfigState } from './state.ts'

export interface CheckOptions {
  /** Refuse private addresses and plain http unless the provider says `allowPrivate`. */
  egressStrict: boolean
}

/** Every problem of a whole state. */
export function checkState(next: ConfigState, options: CheckOptions): Problem[] {
  const problems: Problem[] = []
  for (const kind of enforcedKinds) {
    const names = [...next.resources[kind].keys()]
    problems.push(...names.flatMap((name) => checkResource(next.resources, kind, name, options)))
    problems.push(...alikeAmong(kind, names))
  }
  problems.push(...cycleProblems(next.resources.models), ...sloCountProblem(next.resources.slos))
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
  if (set.models.size > 0) problems.push(...cycleProblems(next.resources.models))
  if (set.slos.size > 0) problems.push(...sloCountProblem(next.resources.slos))
  for (const name of set.slos) problems.push(...sloKeyProblem(before, next, name))
  for (const change of changes) {
    if (change.type === 'key-issued') problems.push(...checkKey(next.resources, change.key, []))
  }
  return [...problems, ...stillUsed(next, deleted, set)]
}

/** References of a key, with paths that begin with `prefix`. */
export function checkKey(
  resources: Resources,
  key: Pick<KeyRecord, 'owner' | 'models'>,
  prefix: PathSegment[],
): Problem[] {
  return checkReferences(resources, referencesOfKey(key), prefix)
}

function checkResource(resources: Resources, kind: EnforcedKind, name: string, options: CheckOptions): Problem[] {
  const spec = resources[kind].get(name)?.spec
  if (spec === undefined) return []
  const problems = checkReferences(resources, referencesOf(kind, name, spec), [])
  if (kind === 'providers') problems.push(...checkProvider(name, spec as ProviderSpec, options))
  if (kind === 'models') problems.push(...checkModel(name, spec as ModelSpec))
  if (kind === 'slos') problems.push(...checkSlo(name, spec as SloSpec, options))
  return problems
}

function checkReferences(resources: Resources, references: Reference[], prefix: PathSegment[]): Problem[] {
  return references
    .filter((reference) => reference.name !== '' && !holds(resources, reference))
    .map(({ path, to, name }) => {
      const what = to === 'model-alias' ? 'model' : to
      const near = didYouMean(name, candidatesFor(resources, to))
      return invalid([...prefix, ...path], `there is no ${what} ${quote(name)}${near}`)
    })
}

function checkProvider(name: string, spec: ProviderSpec, options: CheckOptions): Problem[] {
  const problems: Problem[] = []
  const path = ['providers', name]
  if (name === 'demo' && spec.kind !== 'demo') {
    problems.push(invalid([...path, 'kind'], 'the name "demo" is reserved for the demo provider'))
  }
  if (spec.kind === 'demo') {
    const needless = Object.keys(spec).filter((field) => field !== 'kind')
    problems.push(
      ...needless.map((field) =>
        invalid([...path, field], 'a demo provider lives in this process: it takes no such field'),
      ),
    )
  }
  if (spec.kind === 'azure' && spec.baseUrl === undefined) {
    problems.push(
      invalid([...path, 'baseUrl'], 'is required: the endpoint of the resource, https://….openai.azure.com'),
    )
  }
  if (spec.kind !== 'azure' && spec.kind !== 'demo' && spec.apiVersion !== undefined) {
    problems.push(invalid([...path, 'apiVersion'], 'only azure has versions of its API to choose from'))
  }
  problems.push(...placeProblems(spec, path), ...credentialProblems(spec, path))
  if (spec.baseUrl !== undefined) {
    const rules = { strict: options.egressStrict, allowPrivate: spec.allowPrivate === true }
    const problem = egressProblem(spec.baseUrl, rules)
    if (problem !== undefined) problems.push(invalid([...path, 'baseUrl'], problem))
  }
  const credentials = new Set<string>()
  for (const [index, credential] of (spec.credentials ?? []).entries()) {
    if (credential.name !== '' && credentials.has(foldName(credential.name))) {
      problems.push(invalid([...path, 'credentials', index, 'name'], 'another credential here has this name'))
    }
    credentials.add(foldName(credential.name))
  }
  return problems
}

function placeProblems({ kind, region, project }: ProviderSpec, path: string[]): Problem[] {
  const problems: Problem[] = []
  const hasRegion = kind === 'bedrock' || kind === 'vertex'
  if (hasRegion && region === undefined)
    problems.push(invalid([...path, 'region'], `is required: ${kind} is called in one`))
  if (!hasRegion && kind !== 'demo' && region !== undefined) {
    problems.push(invalid([...path, 'region'], `${kind} has no regions to choose from`))
  }
  if (kind === 'vertex' && project === undefined) problems.push(invalid([...path, 'project'], 'is required'))
  if (kind !== 'vertex' && kind !== 'demo' && project !== undefined) {
    problems.push(invalid([...path, 'project'], 'only vertex has projects'))
  }
  return problems
}

/** Whose identities are whose. */
const clouds = { aws: ['bedrock'], gcp: ['vertex'], azure: ['azure'] } as const

function credentialProblems({ kind, credentials = [] }: ProviderSpec, path: string[]): Problem[] {
  const problems: Problem[] = []
  for (const [index, credential] of credentials.entries()) {
    for (const [cloud, kinds] of Object.entries(clouds)) {
      if (!(cloud in credential) || (kinds as readonly string[]).includes(kind)) continue
      const message = `${kind} takes no ${cloud} credential, only ${kinds.join(', ')} does`
      problems.push(invalid([...path, 'credentials', index, cloud], message))
    }
  }
  if (kind === 'bedrock' && credentials.length === 0) {
    problems.push(invalid([...path, 'credentials'], 'is required: aws: default is what the machine itself may do'))
  }
  return problems
}

function checkModel(name: string, spec: ModelSpec): Problem[] {
  if (!name.startsWith('demo/') || spec.targets.every((target) => target.provider === 'demo')) return []
  return [invalid(['models', name], 'names that begin with "demo/" are reserved for the demo provider')]
}

function cycleProblems(models: Resources['models']): Problem[] {
  return fallbackCycles(models).map(({ model, index, cycle }) =>
    invalid(['models', model, 'fallbacks', index], `fallbacks run in a circle: ${cycle.map(shortened).join(' → ')}`),
  )
}

function shortened(name: string): string {
  return quote(name).slice(1, -1)
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

/** One problem for each deleted resource that is still named somewhere. */
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
    if (kindOf(change) !== undefined || change.type === 'key-revoked') applyChange(next, change, before.revision + 1)
  }
  return next
}

const kindOfChange: Readonly<Record<string, EnforcedKind>> = {
  provider: 'providers',
  model: 'models',
  team: 'teams',
  user: 'users',
  app: 'apps',
  slo: 'slos',
}

function kindOf(change: Change): EnforcedKind | undefined {
  return kindOfChange[change.type.slice(0, change.type.indexOf('-'))]
}

function touched(before: ConfigState, next: ConfigState, changes: readonly Change[]): { set: Names; deleted: Names } {
  const set = noNames()
  const deleted = noNames()
  for (const change of changes) {
    const kind = kindOf(change)
    if (kind === undefined || !('name' in change)) continue
    if (next.resources[kind].has(change.name)) set[kind].add(change.name)
    else if (before.resources[kind].has(change.name)) deleted[kind].add(change.name)
  }
  return { set, deleted }
}

function noNames(): { [Kind in EnforcedKind]: Set<string> } {
  return {
    providers: new Set(),
    models: new Set(),
    teams: new Set(),
    users: new Set(),
    apps: new Set(),
    slos: new Set(),
  }
}
