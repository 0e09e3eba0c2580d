// The kinds of provider that clients are run against, all played by one upstream, and a model of each by its full name.
const credentials = [{ name: 'main', apiKey: 'sk-upstream-canary' }]
const aws = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'upstream-canary' }

export interface ClientKind {
  readonly name: string
  readonly model: string
  readonly provider: (url: string) => object
}

const kind = (name: string, model: string, provider: ClientKind['provider']): ClientKind => ({
  name,
  model: `${name}/${model}`,
  provider,
})

export const clientKinds: readonly ClientKind[] = [
  kind('openai', 'gpt-4o', (url) => ({ kind: 'openai', baseUrl: `${url}/v1`, credentials })),
  kind('azure', 'gpt-4o', (baseUrl) => ({ kind: 'azure', baseUrl, credentials })),
  kind('anthropic', 'claude-sonnet-4-5', (baseUrl) => ({ kind: 'anthropic', baseUrl, credentials })),
  kind('bedrock', 'amazon.nova-pro-v1:0', (baseUrl) => ({
    kind: 'bedrock',
    region: 'us-east-1',
    baseUrl,
    credentials: [{ name: 'main', aws }],
  })),
  kind('gemini', 'gemini-2.5-flash', (baseUrl) => ({ kind: 'gemini', baseUrl, credentials })),
  kind('vertex', 'gemini-2.5-flash', (baseUrl) => ({
    kind: 'vertex',
    region: 'global',
    project: 'my-project',
    baseUrl,
    credentials,
  })),
  kind('cohere', 'command-a-03-2025', (baseUrl) => ({ kind: 'cohere', baseUrl, credentials })),
  kind('chat-only', 'llama-3.3-70b', (url) => ({
    kind: 'openai',
    baseUrl: `${url}/v1`,
    credentials,
    endpoints: ['chat'],
  })),
]

export function providersAt(url: string): Record<string, object> {
  return Object.fromEntries(clientKinds.map(({ name, provider }) => [name, provider(url)]))
}
