// Where a request goes at Azure: to a deployment, by a version of the API; or to the newer `v1`, which names the deployment in
// the body as OpenAI does.
import type { AddressParts } from './address.ts'

/** The newest that is not a preview. */
const versionDefault = '2024-10-21'
/** The first dated version with the Responses API. */
const responsesSince = '2025-03-01'

export function azureAddress({ basePath, path, model, apiVersion = versionDefault }: AddressParts): string {
  if (path === '/realtime' && !isUndated(apiVersion)) {
    return `${basePath}/openai/realtime?api-version=${apiVersion}&deployment=${encodeURIComponent(model)}`
  }
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
