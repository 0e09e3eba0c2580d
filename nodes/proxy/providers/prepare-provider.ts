// What requests to a provider need is loaded when the provider is configured: a request would stand still meanwhile, and an
// installation without such a provider saves the memory.
import { loadCatalogue } from '../../../shared/models/catalogue.ts'
import { catalogueProviderOf } from '../../../shared/models/catalogue-provider.ts'
import { webSocketLibrary } from '../upstream/web-socket-library.ts'
import type { ProviderConnection } from './endpoint.ts'

export function prepareProvider({ kind, origin, speaks }: ProviderConnection): void {
  if (catalogueProviderOf(kind, origin.hostname) !== undefined) loadCatalogue()
  if (speaks.has('openai-realtime')) webSocketLibrary()
}
