// Which provider an operator would have to add for a model: the catalogue, or the family of the name, tells its maker.
import { wellKnownBaseUrls, wellKnownNames } from '../../../shared/config/kinds/providers/well-known.ts'
import { namingPlaceOf, providersOfPlace } from '../../../shared/models/catalogue-provider.ts'
import { familyOf, placesInOrder } from '../../../shared/models/model-family.ts'
import { idsAt } from '../../../shared/models/model-names.ts'
import type { ProviderConnection } from '../providers/endpoint.ts'

/** The `kind` of a provider of the model's maker; undefined where the maker is not known, or has a provider here already. */
export function lackingKind(model: string, providers: Iterable<ProviderConnection>): string | undefined {
  const place = makerOf(model)
  if (place === undefined) return undefined
  for (const connection of providers) {
    if (namingPlaceOf({ ...connection, hostname: connection.origin.hostname }) === place) return undefined
  }
  return kindOfPlace(place)
}

function makerOf(model: string): string | undefined {
  return familyOf(model.toLowerCase())?.homes[0] ?? placesInOrder.find((place) => idsAt(place, model) !== undefined)
}

/** Servers of OpenAI's API have a kind of their own where they are well known. */
function kindOfPlace(place: string): string | undefined {
  const { kind, hosts } = providersOfPlace(place)
  if (kind !== 'openai' || place === 'openai') return kind
  return wellKnownNames.find((name) => hosts.includes(new URL(wellKnownBaseUrls[name]).hostname))
}
