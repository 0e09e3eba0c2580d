// Whether something bears the name that a reference has.
import { isKnownModelName } from '../../models/known-names.ts'
import type { Resources } from '../state.ts'
import { providerPart, type Reference } from './reference.ts'

export function holds(resources: Resources, { to, name }: Reference): boolean {
  if (to !== 'any-model') return resources[to].has(name)
  return resources.models.has(name) || resources.providers.has(providerPart(name)) || isBareName(resources, name)
}

/** Whether callers may write `name` without having configured it. */
function isBareName({ providers }: Resources, name: string): boolean {
  if (isKnownModelName(name)) return true
  for (const { spec } of providers.values())
    if (Array.isArray(spec.bareNames) && spec.bareNames.includes(name)) return true
  return false
}
