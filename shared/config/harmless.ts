// Whether a change may be held back by a node that goes back to an earlier configuration. Undoing a change must give nobody
// a right that the change took: a list of what is harmless, and everything else is not. A change whose effect is not plain
// from itself and the state before it stands on no list.
import { isDeepStrictEqual } from 'node:util'
import type { Change, ConfigChange } from './events.ts'
import { applyChange, forkState } from './fold.ts'
import type { ModelSpec, TargetSpec } from './kinds/models/spec.ts'
import type { OwnerSpec } from './kinds/owners/spec.ts'
import type { ProviderSpec } from './kinds/providers/spec.ts'
import type { ConfigState } from './state.ts'

/** `before` is the state that the change was made to. */
export function isHarmless(before: ConfigState, change: ConfigChange): boolean {
  if (change.type !== 'change-set') return isOneHarmless(before, change)
  const state = forkState(before)
  return change.changes.every((part) => {
    const isFine = isOneHarmless(state, part)
    if (isFine) applyChange(state, part, before.revision + 1)
    return isFine
  })
}

function isOneHarmless({ resources, keys }: ConfigState, change: Change): boolean {
  switch (change.type) {
    // Objectives give no rights.
    case 'slo-set':
    case 'slo-deleted':
      return true
    // Without the change the new key is not accepted yet.
    case 'key-issued':
      return !keys.has(change.key.id)
    case 'team-set':
      return allowsNoLess(resources.teams.get(change.name)?.spec, change.spec)
    case 'user-set':
      return allowsNoLess(resources.users.get(change.name)?.spec, change.spec)
    case 'app-set':
      return allowsNoLess(resources.apps.get(change.name)?.spec, change.spec)
    case 'model-set':
      return leadsNowhereElse(resources.models.get(change.name)?.spec, change, resources.providers.values())
    case 'provider-set':
      return isNewOrReweighted(resources.providers.get(change.name)?.spec, change.spec)
    default:
      return false
  }
}

/** The owner is new, or may use no less than before. Tiers and teams may restrict in ways that are not known here. */
function allowsNoLess(before: OwnerSpec | undefined, after: OwnerSpec): boolean {
  if (before === undefined) return true
  const { models: modelsBefore, costCenter: _, metadata: __, ...restBefore } = before
  const { models, costCenter: ___, metadata: ____, ...rest } = after
  return isDeepStrictEqual(restBefore, rest) && isWithin(modelsBefore, models)
}

/** Undefined: all. */
function isWithin(before: readonly string[] | undefined, after: readonly string[] | undefined): boolean {
  if (after === undefined) return true
  return before?.every((name) => after.includes(name)) ?? false
}

type Named = Extract<Change, { type: 'model-set' }>
type Providers = Iterable<{ readonly spec: ProviderSpec }>

/** Without the change, the name leads to nothing, or only to targets that the change leaves it. */
function leadsNowhereElse(before: ModelSpec | undefined, { name, spec }: Named, providers: Providers): boolean {
  if (before === undefined) return !name.includes('/') && ![...providers].some((one) => mayOffer(one.spec, name))
  const after = new Set(spec.targets.map(placeOf))
  const isStrictKept = before.strict === true || spec.strict !== true
  const areFallbacksKept = (before.fallbacks ?? []).every((fallback) => spec.fallbacks?.includes(fallback) === true)
  return isStrictKept && areFallbacksKept && before.targets.every((target) => after.has(placeOf(target)))
}

/** Whether a model that is not configured may be called by this name alone. The catalogue is not asked: which names it
 *  knows changes with the release. */
function mayOffer({ kind, bareNames = true }: ProviderSpec, name: string): boolean {
  if (kind === 'demo') return false
  return Array.isArray(bareNames) ? bareNames.includes(name) : bareNames
}

function placeOf({ provider, model, baseModel }: TargetSpec): string {
  return JSON.stringify([provider, model, baseModel])
}

/** The provider is new, or only the weights of its credentials and its known endpoints differ. */
function isNewOrReweighted(before: ProviderSpec | undefined, after: ProviderSpec): boolean {
  return before === undefined || isDeepStrictEqual(withoutWeights(before), withoutWeights(after))
}

function withoutWeights({ endpoints: _, credentials = [], ...rest }: ProviderSpec): unknown {
  // A weight of 0 takes a credential out of use.
  const plain = credentials.map(({ weight, ...credential }) => ({ ...credential, isUsed: weight !== 0 }))
  return { ...rest, credentials: plain }
}
