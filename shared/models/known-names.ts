// Whether a name is one that models have, at whatever provider.
import { cataloguePlaces } from './catalogue.ts'
import { familyOf } from './model-family.ts'
import { idsAt } from './model-names.ts'

export function isKnownModelName(name: string): boolean {
  if (familyOf(name.toLowerCase()) !== undefined) return true
  return cataloguePlaces().some((place) => idsAt(place, name) !== undefined)
}
