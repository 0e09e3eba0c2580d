// The address of a request at Azure: a deployment under a dated version of the API, or the newer `v1`, which takes the deployment
// from the body as OpenAI does. Models that have the Responses API alone are asked there by `v1` where the dated version is older than it.
import type { AddressParts } from './address.ts'

/** The newest version that is not a preview. */
const versionDefault = '2024-10-21'
/** The first dated version with the Responses API. */
const responsesSince = '2025-03-01'

export function azureAddress({ basePath, path, model, apiVersion = versionDefault }: AddressParts): string {
  if (path === '/realtime' && !isUndated(apiVersion)) {
    return `${basePath}/openai/realtime?api-version=${apiVersion}&deployment=${encodeURIComponent(model)}`
  }
  if (path.startsWith('/responses') && !azureHasResponses(apiVersion)) return `${basePath}/openai/v1${path}`
  const version = `${path.includes('?') ? '&' : '?'}api-version=${apiVersion}`
  if (isUndated(apiVersion)) return `${basePath}/openai/v1${path}${apiVersion === 'v1' ? '' : version}`
  const deployment = /^\/(responses|files|batches)/.test(path) ? '' : `/deployments/${encodeURIComponent(model)}`
  return `${basePath}/openai${deployment}${path}${version}`
}

export function azureHasResponses(apiVersion = versionDefault): boolean {
  return isUndated(apiVersion) || apiVersion >= responsesSince
}

function isUndated(apiVersion: string): boolean {
  return !/^\d/.test(apiVersion)
}
