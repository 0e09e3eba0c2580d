import { isDeepStrictEqual } from 'node:util'
import type { MayUndo } from '../may-undo.ts'
import type { ProviderSpec } from '../providers/spec.ts'
import type { ModelSpec, TargetSpec } from './spec.ts'

/** True when, without the change, the name leads to nothing, or only to targets that the change leaves it. */
export const mayUndoModel: MayUndo<ModelSpec> = ({ name, before, after, resources }) => {
  if (before === undefined) {
    return !name.includes('/') && ![...resources.providers.values()].some(({ spec }) => mayOffer(spec, name))
  }
  const places = new Set(after.targets.map(placeOf))
  const areTargetsKept = before.targets.every((target) => places.has(placeOf(target)))
  const areFallbacksKept = (before.fallbacks ?? []).every((one) => after.fallbacks?.includes(one) === true)
  return areTargetsKept && areFallbacksKept && isDeepStrictEqual(restOf(before), restOf(after))
}

/** Whether a model that is not configured may be called by this name alone. The catalogue is not asked: which names it
 *  knows changes with the release. */
function mayOffer({ kind, bareNames = true }: ProviderSpec, name: string): boolean {
  if (kind === 'demo') return false
  return Array.isArray(bareNames) ? bareNames.includes(name) : bareNames
}

/** A weight of 0 takes a target out of use. */
function placeOf({ provider, model, weight }: TargetSpec): string {
  return JSON.stringify([provider, model, weight === 0])
}

/** What must be the same: `strict`, and fields of newer releases. */
function restOf({
  targets: _,
  fallbacks: __,
  routing: ___,
  retries: ____,
  timeouts: _____,
  ...rest
}: ModelSpec): unknown {
  return { ...rest, strict: rest.strict ?? false }
}
