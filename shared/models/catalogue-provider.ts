// Maps a configured provider to its name in the catalogue: by its kind, and for servers that speak OpenAI's dialect by
// their host. Self-hosted servers are not in the catalogue.
const byKind: Readonly<Record<string, string>> = {
  azure: 'azure',
  anthropic: 'anthropic',
  bedrock: 'amazon-bedrock',
  gemini: 'google',
  vertex: 'google-vertex',
  cohere: 'cohere',
}

const byHost: Readonly<Record<string, string>> = {
  'api.openai.com': 'openai',
  'api.mistral.ai': 'mistral',
  'api.groq.com': 'groq',
  'api.deepseek.com': 'deepseek',
  'api.deepinfra.com': 'deepinfra',
  'api.x.ai': 'xai',
  'api.together.xyz': 'togetherai',
  'api.together.ai': 'togetherai',
  'api.fireworks.ai': 'fireworks-ai',
  'api.perplexity.ai': 'perplexity',
  'api.cerebras.ai': 'cerebras',
  'openrouter.ai': 'openrouter',
  'integrate.api.nvidia.com': 'nvidia',
  'ollama.com': 'ollama-cloud',
}

export function catalogueProviderOf(kind: string, hostname: string): string | undefined {
  return kind === 'openai' ? byHost[hostname] : byKind[kind]
}

/** The kind of the providers with the models of a part of the catalogue, and their hosts where it is `openai`. */
export function providersOfPlace(place: string): { readonly kind: string; readonly hosts: readonly string[] } {
  const kind = Object.keys(byKind).find((one) => byKind[one] === place) ?? 'openai'
  return { kind, hosts: Object.keys(byHost).filter((host) => byHost[host] === place) }
}

const services: ReadonlySet<string> = new Set(Object.values(byHost))

export interface NamedProvider {
  readonly provider: string
  readonly kind: string
  readonly hostname: string
  readonly bareNames?: boolean | readonly string[] | undefined
}

/** Which part of the catalogue says what the models of a provider are called. A server that is in no list stands for the
 *  service whose name it has (`openai`), and for OpenAI where bare names are asked for. */
export function namingPlaceOf({ provider, kind, hostname, bareNames }: NamedProvider): string | undefined {
  const place = catalogueProviderOf(kind, hostname)
  if (place !== undefined || kind !== 'openai') return place
  if (services.has(provider)) return provider
  return bareNames === true ? 'openai' : undefined
}
