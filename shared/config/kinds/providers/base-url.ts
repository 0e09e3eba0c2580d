// A base URL with or without the part that the gateway adds, or that a server expects: what can only mean one thing is stored in
// one form, and what cannot work is explained.
import type { ProviderKind } from './spec.ts'
import { openAiPathAt } from './well-known.ts'

/** The path that the gateway adds itself to the base URL of a kind. */
const addedPaths: Readonly<Partial<Record<ProviderKind, RegExp>>> = {
  anthropic: /\/v1$/,
  gemini: /\/v1(beta)?$/,
  vertex: /\/v1(beta1)?$/,
  cohere: /\/v[12]$/,
  azure: /\/openai(\/v1)?$/,
}

/** `text` is a valid URL. For `openai` the result has the path at which the API begins; for the other kinds it lacks what the
 *  gateway adds. */
export function storedBaseUrl(kind: ProviderKind, text: string): string {
  const bare = text.replace(/\/+$/, '')
  if (kind !== 'openai') return bare.replace(addedPaths[kind] ?? /$^/, '')
  const { hostname, pathname } = new URL(bare)
  const known = openAiPathAt(hostname)
  if (pathname === '/') return `${bare}${known ?? '/v1'}`
  return pathname === '/v1' && known !== undefined && known !== '' ? `${bare.slice(0, -'/v1'.length)}${known}` : bare
}

const endpoint =
  /(\/openai\/deployments\/.*|\/chat\/completions|\/completions|\/responses|\/embeddings|(\/v1)?\/messages|(\/v1beta)?\/models\/[^/]+:[a-zA-Z]+|\/v2\/chat)$/

/** A base URL with an endpoint in it would be called with the endpoint twice. */
export function endpointProblem(text: string): string | undefined {
  const found = endpoint.exec(text.replace(/[?#].*$/s, '').replace(/\/+$/, ''))
  return found === null ? undefined : `a base URL ends before the endpoint: write ${text.slice(0, found.index)}`
}

/** A base URL of OpenAI's API at a provider that the gateway calls by its own API. */
export function foreignApiProblem(kind: ProviderKind, text: string): string | undefined {
  if (kind === 'openai' || kind === 'azure' || kind === 'demo') return undefined
  const found = /\/(openai|compatibility)(\/v1)?\/*$/.exec(text)
  if (found === null) return undefined
  const own = text.slice(0, found.index).replace(addedPaths[kind] ?? /$^/, '')
  return `this is where the host speaks OpenAI's API: write kind: openai, or kind: ${kind} with the baseUrl ${own}`
}
