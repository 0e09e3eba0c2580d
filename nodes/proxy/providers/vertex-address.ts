// Where a request goes at Vertex AI: to a model of a publisher, in a project and a place.
import type { ProviderSpec } from '../../../shared/config/kinds/providers/spec.ts'
import { isClaude } from '../dialects/vertex/vertex.ts'
import type { AddressParts } from './address.ts'

export function vertexUrl({ region = 'global' }: ProviderSpec): string {
  if (region === 'global') return 'https://aiplatform.googleapis.com'
  // Places that are made of several regions.
  if (region === 'us' || region === 'eu') return `https://aiplatform.${region}.rep.googleapis.com`
  return `https://${region}-aiplatform.googleapis.com`
}

export function vertexAddress({ project = '', region = 'global' }: ProviderSpec): (place: AddressParts) => string {
  return ({ basePath, path, model }) => {
    const publisher = isClaude(model) ? 'anthropic' : 'google'
    return `${basePath}/projects/${project}/locations/${region}/publishers/${publisher}${path}`
  }
}
