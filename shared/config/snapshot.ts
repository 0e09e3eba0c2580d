// A state as JSON and back: for last-good files, snapshots and time travel. Names are sorted, so that two nodes at one
// revision write the same bytes whatever order their maps grew in. Lists of rows, not objects by name: a resource may be
// called `constructor`.
import { done, fail, type Result } from '../result.ts'
import { emptyState, setKey } from './fold.ts'
import { ForkableMap } from './forkable-map.ts'
import type { KeyRecord } from './keys/key-record.ts'
import { byKind, type EnforcedKind, enforcedKinds, type Origin, type SpecOf } from './kinds/kind.ts'
import type { ConfigState, Resource } from './state.ts'

/** A resource without an id has no place for one, so that earlier releases read the rows that they know. */
type Row<Spec> = [name: string, revision: number, origin: Origin, spec: Spec, id?: string]

/** Every snapshot holds these. A release that did not know a later kind wrote snapshots without it. */
const firstKinds: readonly EnforcedKind[] = ['providers', 'models', 'teams', 'users', 'apps']

/** A state for `JSON.stringify`; it shares the specs with the state. */
export interface StateJson {
  version: 1
  revision: number
  hash: string
  resources: { [Kind in EnforcedKind]: Row<SpecOf[Kind]>[] }
  keys: Row<KeyRecord>[]
}

export function stateToJson(state: ConfigState): StateJson {
  return {
    version: 1,
    revision: state.revision,
    hash: state.hash,
    resources: byKind((kind) => rows<unknown>(state.resources[kind])) as StateJson['resources'],
    keys: rows(state.keys),
  }
}

/** Checks the frame, not the specs: whoever stores a snapshot keeps a hash or a MAC beside it. The refusal is a sentence. */
export function stateFromJson(json: unknown): Result<ConfigState, string> {
  if (!isRecord(json)) return fail('a snapshot is an object')
  const { version, revision, hash, resources, keys } = json
  if (version !== 1) return fail(`a snapshot of format ${JSON.stringify(version)} is not known here`)
  if (!isCount(revision)) return fail('the snapshot has no revision')
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) return fail('the snapshot has no hash')
  if (!isRecord(resources)) return fail('the snapshot has no resources')
  const foreign = Object.keys(resources).find((kind) => !enforcedKinds.some((known) => known === kind))
  if (foreign !== undefined) return fail('the snapshot holds a kind of resource that is not known here')
  const state = emptyState()
  state.revision = revision
  state.hash = hash
  for (const kind of enforcedKinds) {
    const written = resources[kind] ?? (firstKinds.includes(kind) ? undefined : [])
    if (!fill<unknown>(state.resources[kind], written)) return fail(`the snapshot's ${kind} are not rows`)
  }
  if (!fillKeys(state, keys)) return fail("the snapshot's keys are not rows")
  return done(state)
}

/** One row of a snapshot that is written and read a piece at a time. */
export type StateRow = [kind: EnforcedKind | 'keys', ...row: Row<unknown>]

/** The rows of a state, always in the same order: equal states have equal rows. */
export function* rowsOfState(state: ConfigState): Generator<StateRow, undefined> {
  for (const kind of enforcedKinds) yield* rowsOf(kind, state.resources[kind])
  yield* rowsOf('keys', state.keys)
}

export function countRows({ resources, keys }: ConfigState): number {
  return enforcedKinds.reduce((sum, kind) => sum + resources[kind].size, keys.size)
}

/** Adds a row; false when this release does not know it, or it is there already. */
export function addRow(state: ConfigState, row: unknown): boolean {
  if (!Array.isArray(row)) return false
  const [kind, ...rest] = row
  if (kind === 'keys') return addKey(state, rest)
  const known = enforcedKinds.find((one) => one === kind)
  return known !== undefined && fill<unknown>(state.resources[known], [rest])
}

function* rowsOf(kind: StateRow[0], resources: ForkableMap<Resource<unknown>>): Generator<StateRow, undefined> {
  for (const [name, resource] of resources.inOrder()) yield [kind, ...rowOf(name, resource)]
}

function addKey(state: ConfigState, row: unknown): boolean {
  const one = new ForkableMap<Resource<KeyRecord>>()
  const before = state.keys.size
  if (!fill(one, [row])) return false
  for (const record of one.values()) setKey(state, record)
  return state.keys.size === before + 1
}

function rows<Spec>(resources: ReadonlyMap<string, Resource<Spec>>): Row<Spec>[] {
  const list: Row<Spec>[] = []
  for (const [name, resource] of resources) list.push(rowOf(name, resource))
  return list.sort(([a], [b]) => (a < b ? -1 : 1)) // by code unit: the same in every locale
}

function rowOf<Spec>(name: string, { revision, origin, spec, id }: Resource<Spec>): Row<Spec> {
  return id === undefined ? [name, revision, origin, spec] : [name, revision, origin, spec, id]
}

function fillKeys(state: ConfigState, list: unknown): boolean {
  return Array.isArray(list) && list.every((row) => addKey(state, row))
}

function fill<Spec>(resources: ForkableMap<Resource<Spec>>, list: unknown): boolean {
  if (!Array.isArray(list)) return false
  for (const row of list) {
    if (!Array.isArray(row) || row.length < 4 || row.length > 5) return false
    const [name, revision, origin, spec, id] = row
    if (typeof name !== 'string' || resources.has(name) || !isCount(revision) || !isOrigin(origin)) return false
    if (!isRecord(spec) || (row.length === 5 && typeof id !== 'string')) return false
    const resource = { spec: spec as Spec, revision, origin }
    resources.set(name, id === undefined ? resource : { ...resource, id })
  }
  return true
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isOrigin(value: unknown): value is Origin {
  return value === 'api' || value === 'apply' || value === 'bootstrap'
}
