// Servers that speak OpenAI's API under a name of their own. `kind: groq` is stored as `kind: openai` with the base URL of the
// row, so that only documents and the admin API know these names.
import type { ProviderKind } from './spec.ts'

/** Base URLs for OpenAI's SDK, not yet checked against each provider's own pages; of the last four, the address that the server
 *  listens on by default. */
export const wellKnownBaseUrls = {
  groq: 'https://api.groq.com/openai/v1',
  together: 'https://api.together.xyz/v1',
  fireworks: 'https://api.fireworks.ai/inference/v1',
  mistral: 'https://api.mistral.ai/v1',
  deepseek: 'https://api.deepseek.com/v1',
  openrouter: 'https://openrouter.ai/api/v1',
  xai: 'https://api.x.ai/v1',
  perplexity: 'https://api.perplexity.ai',
  deepinfra: 'https://api.deepinfra.com/v1/openai',
  cerebras: 'https://api.cerebras.ai/v1',
  nvidia: 'https://integrate.api.nvidia.com/v1',
  ollama: 'http://127.0.0.1:11434/v1',
  vllm: 'http://127.0.0.1:8000/v1',
  sglang: 'http://127.0.0.1:30000/v1',
  lmstudio: 'http://127.0.0.1:1234/v1',
} as const
export type WellKnownName = keyof typeof wellKnownBaseUrls

export const wellKnownNames = Object.keys(wellKnownBaseUrls) as readonly WellKnownName[]

/** Other names that people write for a provider, and the one that is meant. */
export const otherNames: Readonly<Record<string, ProviderKind | WellKnownName>> = {
  google: 'gemini',
  'google-ai': 'gemini',
  googleai: 'gemini',
  'google-vertex': 'vertex',
  vertexai: 'vertex',
  vertex_ai: 'vertex',
  gcp: 'vertex',
  claude: 'anthropic',
  aws: 'bedrock',
  amazon: 'bedrock',
  'amazon-bedrock': 'bedrock',
  'azure-openai': 'azure',
  azure_openai: 'azure',
  chatgpt: 'openai',
  'openai-compatible': 'openai',
  openai_compatible: 'openai',
  custom: 'openai',
  grok: 'xai',
  'x.ai': 'xai',
  togetherai: 'together',
  together_ai: 'together',
  'fireworks-ai': 'fireworks',
  fireworks_ai: 'fireworks',
  mistralai: 'mistral',
  'lm-studio': 'lmstudio',
  lm_studio: 'lmstudio',
  nim: 'nvidia',
}

/** The base URL behind a name; undefined for a kind that is stored as it is written. */
export function wellKnownBaseUrl(kind: string): string | undefined {
  return Object.hasOwn(wellKnownBaseUrls, kind) ? wellKnownBaseUrls[kind as WellKnownName] : undefined
}

/** The path at which a known host serves OpenAI's API. */
export function openAiPathAt(hostname: string): string | undefined {
  return pathsByHost.get(hostname)
}

const pathsByHost: ReadonlyMap<string, string> = new Map([
  ...Object.values(wellKnownBaseUrls)
    .map((text) => new URL(text))
    .filter(({ protocol }) => protocol === 'https:')
    .map(({ hostname, pathname }): [string, string] => [hostname, pathname.replace(/\/$/, '')]),
  ['api.together.ai', '/v1'],
  ['generativelanguage.googleapis.com', '/v1beta/openai'],
])
