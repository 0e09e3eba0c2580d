// What requests to a provider need is loaded when the provider is configured: a request would stand still meanwhile, and an
// installation without such a provider saves the memory.
import { loadCatalogue } from '../../../shared/models/catalogue.ts'
import { catalogueProviderOf, namingPlaceOf } from '../../../shared/models/catalogue-provider.ts'
import { namesAt } from '../../../shared/models/model-names.ts'
import { webSocketLibrary } from '../upstream/sockets/web-socket-library.ts'
import type { ProviderConnection } from './endpoint.ts'

export function prepareProvider({ provider, kind, origin, speaks, bareNames }: ProviderConnection): void {
  if (catalogueProviderOf(kind, origin.hostname) !== undefined) loadCatalogue()
  const place = Array.isArray(bareNames)
    ? undefined
    : namingPlaceOf({ provider, kind, hostname: origin.hostname, bareNames })
  if (place !== undefined) namesAt(place)
  if (speaks.has('openai-realtime')) webSocketLibrary()
}
