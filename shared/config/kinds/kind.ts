// All that the pure side knows of a kind of resource: its names and the spec that is stored. Fold, fork, snapshots, diffs and
// known changes go over `resourceKinds`. What writing needs stands in `rules.ts` and `schemas.ts`, which have a row for each
// kind too and which a proxy does not load.
import type { BlockSpec } from './blocks/spec.ts'
import type { BudgetSpec } from './budgets/spec.ts'
import type { LimitSpec } from './limits/spec.ts'
import type { ModelSpec } from './models/spec.ts'
import type { OwnerSpec } from './owners/spec.ts'
import type { ProviderSpec } from './providers/spec.ts'
import type { SloSpec } from './slos/spec.ts'

/** The kinds that this version enforces, in the order of documents and diffs. The key names all of a kind in documents and
 *  URLs; the value names one of them in events and errors. Both stand in logs: a row never changes. */
export const resourceKinds = {
  providers: 'provider',
  models: 'model',
  teams: 'team',
  users: 'user',
  apps: 'app',
  limits: 'limit',
  blocks: 'block',
  budgets: 'budget',
  slos: 'slo',
} as const satisfies Record<keyof SpecOf, string>

/** Specs as they are stored: durations and sizes are still what the operator wrote ('30s'), secrets are sealed. */
export interface SpecOf {
  providers: ProviderSpec
  models: ModelSpec
  teams: OwnerSpec
  users: OwnerSpec
  apps: OwnerSpec
  limits: LimitSpec
  blocks: BlockSpec
  budgets: BudgetSpec
  slos: SloSpec
}

/** Kinds of the public surface that are known and refused: nobody shall believe in a limit that nothing enforces. */
export const laterKinds = ['guardrails', 'caches', 'canaries', 'prompts', 'mcp-servers', 'agents', 'sinks'] as const

export type EnforcedKind = keyof typeof resourceKinds
export type LaterKind = (typeof laterKinds)[number]

export const enforcedKinds = Object.keys(resourceKinds) as readonly EnforcedKind[]

export function byKind<Made>(make: (kind: EnforcedKind) => Made): Record<EnforcedKind, Made> {
  return Object.fromEntries(enforcedKinds.map((kind) => [kind, make(kind)])) as Record<EnforcedKind, Made>
}

/** The maker of a resource: an `apply` deletes only what an earlier apply made. */
export type Origin = 'api' | 'apply' | 'bootstrap'

export type ResourceChange = ResourceSet | ResourceDeleted

export type ResourceSet = {
  [Kind in EnforcedKind]: {
    type: `${(typeof resourceKinds)[Kind]}-set`
    name: string
    spec: SpecOf[Kind]
    origin: Origin
    /** The id of an owner that this event makes (`owners/owner-id.ts`). One that is there keeps its own. */
    id?: string
  }
}[EnforcedKind]

export type ResourceDeleted = {
  [Kind in EnforcedKind]: {
    type: `${(typeof resourceKinds)[Kind]}-deleted`
    name: string
    /** The id of the owner that goes: what it has left is erased by it. Events of earlier releases have none. */
    id?: string
  }
}[EnforcedKind]

export function setChange<Kind extends EnforcedKind>(
  kind: Kind,
  name: string,
  { spec, origin, id }: { spec: SpecOf[Kind]; origin: Origin; id?: string | undefined },
): ResourceSet {
  const type = `${resourceKinds[kind]}-set`
  const change = id === undefined ? { type, name, spec, origin } : { type, name, spec, origin, id }
  return change as ResourceSet // the kind ties the type to the spec
}

export function deletedChange(kind: EnforcedKind, name: string, id?: string): ResourceDeleted {
  const type = `${resourceKinds[kind]}-deleted` as const
  return id === undefined ? { type, name } : { type, name, id }
}

export function isResourceChange(change: { type: string }): change is ResourceChange {
  return kindsByType.has(change.type)
}

export function isResourceSet(change: ResourceChange): change is ResourceSet {
  return change.type.endsWith('-set')
}

export function kindOfChange({ type }: ResourceChange): EnforcedKind {
  return kindsByType.get(type) as EnforcedKind // holds every type of a ResourceChange
}

const kindsByType: ReadonlyMap<string, EnforcedKind> = new Map(
  enforcedKinds.flatMap((kind) => [
    [`${resourceKinds[kind]}-set`, kind],
    [`${resourceKinds[kind]}-deleted`, kind],
  ]),
)
