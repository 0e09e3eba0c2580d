// The address of a request at Vertex AI: a model of a publisher, in a project and a location.
import type { ProviderSpec } from '../../../shared/config/kinds/providers/spec.ts'
import { isClaude } from '../dialects/vertex/vertex.ts'
import type { AddressParts } from './address.ts'

export function vertexUrl({ region = 'global' }: ProviderSpec): string {
  if (region === 'global') return 'https://aiplatform.googleapis.com'
  // Multi-region locations.
  if (region === 'us' || region === 'eu') return `https://aiplatform.${region}.rep.googleapis.com`
  return `https://${region}-aiplatform.googleapis.com`
}

export function vertexAddress({ project = '', region = 'global' }: ProviderSpec): (parts: AddressParts) => string {
  return ({ basePath, path, model }) => {
    const publisher = isClaude(model) ? 'anthropic' : 'google'
    return `${basePath}/projects/${project}/locations/${region}/publishers/${publisher}${path}`
  }
}
