// The kinds of provider, as the conformance run configures them: what they speak to each caller, and what was recorded of them.
import { type Wire, wires } from './wires.ts'

export type Inbound = 'chat' | 'completions' | 'responses' | 'messages' | 'generateContent' | 'embeddings'
export const inbounds: readonly Inbound[] = [
  ...(['chat', 'completions', 'responses', 'messages', 'generateContent', 'embeddings'] as const),
]

export interface Kind {
  readonly name: string
  /** The provider's row; `url` is where the upstream of the run is. */
  readonly provider: (url: string) => object
  readonly model: string
  readonly embedder: string
  /** The wire in which the provider answers the caller. */
  readonly wire: (inbound: Inbound) => Wire
  /** Recorded answers of the provider, in that wire. */
  readonly recordings: (inbound: Inbound) => readonly string[]
}

const keyed = (kind: string) => (baseUrl: string) => ({
  kind,
  baseUrl,
  credentials: [{ name: 'main', apiKey: 'sk-conformance' }],
})

/** Who speaks OpenAI's API answers each of its endpoints in its own words, and all others as chat. */
function openAiWire(inbound: Inbound): Wire {
  if (inbound === 'completions') return wires.openAiCompletions
  return inbound === 'responses' ? wires.openAiResponses : wires.openAiChat
}

const completions = [
  'openai/completion--openai-completion-text.json',
  'openai/completion--openai-completion-text.chunks.txt',
]

function openAiRecordings(chat: readonly string[], responses: readonly string[]) {
  return (inbound: Inbound) => {
    if (inbound === 'completions') return completions
    return inbound === 'responses' ? responses : chat
  }
}

const geminiRecordings = [
  ...['google/google-tool-call.json', 'google/google-text.chunks.txt'],
  ...['google/google-tool-call-gemini3.chunks.txt', 'google/google-reasoning-gemini3.chunks.txt'],
]

export const kinds: readonly Kind[] = [
  {
    name: 'openai',
    provider: (url) => keyed('openai')(`${url}/v1`),
    model: 'gpt-4o',
    embedder: 'text-embedding-3-small',
    wire: openAiWire,
    recordings: openAiRecordings(
      ['openai/chat--openai-text.json', 'openai/chat--azure-model-router.1.chunks.txt'],
      [
        ...['openai/responses--openai-phase.1.json', 'openai/responses--openai-reasoning-encrypted-content.1.json'],
        ...['openai/responses--openai-reasoning-encrypted-content.1.chunks.txt'],
      ],
    ),
  },
  {
    name: 'azure',
    provider: (url) => ({ ...keyed('azure')(url), apiVersion: 'v1' }),
    model: 'my-gpt',
    embedder: 'my-embedder',
    wire: openAiWire,
    recordings: openAiRecordings(
      ['openai/chat--azure-model-router.1.chunks.txt'],
      [
        ...['azure/azure-text.1.json', 'azure/azure-text.1.chunks.txt', 'azure/azure-tool-call.1.json'],
        ...['azure/azure-tool-call.1.chunks.txt'],
      ],
    ),
  },
  {
    // Models that have the Responses API alone.
    name: 'openai-responses',
    provider: (url) => ({ ...keyed('openai')(`${url}/v1`), endpoints: ['responses', 'embeddings'] }),
    model: 'gpt-5-codex',
    embedder: 'text-embedding-3-small',
    wire: () => wires.openAiResponses,
    recordings: () => [
      ...['openai/responses--openai-phase.1.json', 'openai/responses--openai-reasoning-encrypted-content.1.json'],
      ...['azure/azure-text.1.chunks.txt', 'azure/azure-tool-call.1.json', 'azure/azure-tool-call.1.chunks.txt'],
      'openai/responses--openai-web-search-tool.1.json',
      'xai/responses--xai-text-with-reasoning-streaming-store-false.1.chunks.txt',
    ],
  },
  {
    name: 'anthropic',
    provider: keyed('anthropic'),
    model: 'claude-sonnet-4-5',
    embedder: 'claude-sonnet-4-5',
    wire: () => wires.anthropic,
    recordings: () => [
      ...['anthropic/anthropic-json-tool.1.json', 'anthropic/anthropic-tool-no-args.json'],
      ...['anthropic/anthropic-text.chunks.txt', 'anthropic/anthropic-json-tool.1.chunks.txt'],
      ...['anthropic/anthropic-clear-thinking.1.json', 'anthropic/anthropic-clear-thinking.1.chunks.txt'],
    ],
  },
  {
    name: 'bedrock',
    provider: (baseUrl) => ({
      kind: 'bedrock',
      region: 'us-east-1',
      baseUrl,
      credentials: [{ name: 'main', aws: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'conformance' } }],
    }),
    model: 'anthropic.claude-3-haiku-20240307-v1:0',
    embedder: 'cohere.embed-v4:0',
    wire: () => wires.bedrock,
    recordings: () => [
      ...['amazon-bedrock/amazon-bedrock-text.json', 'amazon-bedrock/amazon-bedrock-tool-call.1.json'],
      ...['amazon-bedrock/amazon-bedrock-tool-no-args.json', 'amazon-bedrock/amazon-bedrock-tool-call.1.chunks.txt'],
      ...['amazon-bedrock/amazon-bedrock-reasoning.chunks.txt', 'amazon-bedrock/amazon-bedrock-json-tool.1.json'],
    ],
  },
  {
    name: 'gemini',
    provider: keyed('gemini'),
    model: 'gemini-3-pro-preview',
    embedder: 'gemini-embedding-001',
    wire: () => wires.gemini,
    recordings: () => geminiRecordings,
  },
  {
    name: 'vertex',
    provider: (url) => ({ ...keyed('vertex')(url), region: 'global', project: 'my-project' }),
    model: 'gemini-3-pro-preview',
    embedder: 'text-embedding-005',
    wire: () => wires.gemini,
    recordings: () => geminiRecordings,
  },
  {
    name: 'cohere',
    provider: keyed('cohere'),
    model: 'command-a-plus-05-2026',
    embedder: 'embed-v4.0',
    wire: () => wires.cohere,
    recordings: () => [
      ...['cohere/cohere-text.json', 'cohere/cohere-citations.json', 'cohere/cohere-tool-call.json'],
      ...['cohere/cohere-null-args.json', 'cohere/cohere-tool-call.chunks.txt'],
      ...['cohere/cohere-empty-tool-call.chunks.txt', 'cohere/cohere-reasoning.chunks.txt'],
    ],
  },
  {
    name: 'openai-compatible',
    provider: (url) => keyed('openai')(`${url}/v1`),
    model: 'llama-3.3-70b',
    embedder: 'bge-m3',
    wire: openAiWire,
    recordings: openAiRecordings(
      [
        ...['groq/groq-text.json', 'mistral/mistral-text.json', 'deepseek/chat--deepseek-text.json'],
        ...['deepseek/chat--deepseek-reasoning.json', 'deepseek/chat--deepseek-tool-call.json'],
        ...['deepseek/chat--deepseek-tool-call.chunks.txt', 'groq/groq-tool-call.chunks.txt'],
        ...['mistral/mistral-text.chunks.txt', 'openai-compatible/chat--xai-tool-call.json'],
        ...['openai-compatible/chat--xai-text.chunks.txt', 'openai-compatible/chat--xai-tool-call.chunks.txt'],
      ],
      ['openai/responses--openai-phase.1.json', 'openai/responses--openai-reasoning-encrypted-content.1.chunks.txt'],
    ),
  },
]
