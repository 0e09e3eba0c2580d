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
