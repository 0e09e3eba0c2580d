// Servers that speak OpenAI's API under a name of their own. `kind: groq` is stored as `kind: openai` with the base URL of the
// row, so that only documents and the admin API know these names.
import type { ProviderKind } from './spec.ts'

/** Base URLs for OpenAI's SDK, each with where it was found; of the last four, the address that the server listens on by default. */
export const wellKnownBaseUrls = {
  // source: @ai-sdk/groq 3.0.71
  groq: 'https://api.groq.com/openai/v1',
  // source: @ai-sdk/togetherai 2.0.84
  together: 'https://api.together.xyz/v1',
  // source: @ai-sdk/fireworks 2.0.90
  fireworks: 'https://api.fireworks.ai/inference/v1',
  // source: @ai-sdk/mistral 3.0.69, @mistralai/mistralai 2.7.0
  mistral: 'https://api.mistral.ai/v1',
  // source: api-docs.deepseek.com, first page in Chinese: the `/v1` is there for OpenAI's SDK. @ai-sdk/deepseek 2.0.69 goes without.
  deepseek: 'https://api.deepseek.com/v1',
  // source: @openrouter/ai-sdk-provider 2.10.0
  openrouter: 'https://openrouter.ai/api/v1',
  // source: @ai-sdk/xai 3.0.138
  xai: 'https://api.x.ai/v1',
  // source: @ai-sdk/perplexity 3.0.61; docs.perplexity.ai, OpenAI SDK compatibility of Sonar
  perplexity: 'https://api.perplexity.ai',
  // source: @ai-sdk/deepinfra 2.0.84, which adds `/openai` for chat; deepinfra.com/docs/advanced/openai_api
  deepinfra: 'https://api.deepinfra.com/v1/openai',
  // source: @ai-sdk/cerebras 2.0.82
  cerebras: 'https://api.cerebras.ai/v1',
  // source: ai-sdk.dev, providers/openai-compatible-providers/nim
  nvidia: 'https://integrate.api.nvidia.com/v1',
  // source: the port of the npm package ollama 0.6.4; the path was not found in a package
  ollama: 'http://127.0.0.1:11434/v1',
  // source: docs.vllm.ai, OpenAI-compatible server
  vllm: 'http://127.0.0.1:8000/v1',
  // source: the defaults of its `ServerArgs`, in an old version; not found on a page of its own documentation
  sglang: 'http://127.0.0.1:30000/v1',
  // source: lmstudio.ai/docs/api/openai-api; the port of @lmstudio/sdk 2.0.0
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
