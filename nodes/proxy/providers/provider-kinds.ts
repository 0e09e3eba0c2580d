// The kinds of provider, one row each: base URL, the header of a key, the dialects that pass through to it, and the dialect that
// everything else is translated to.

import type { Dialect } from '../../../shared/chat/parts.ts'
import type { ProviderKind, ProviderSpec } from '../../../shared/config/kinds/providers/spec.ts'
import { anthropicUpstream } from '../dialects/anthropic/anthropic.ts'
import { bedrockUpstream } from '../dialects/bedrock/bedrock.ts'
import { cohereUpstream } from '../dialects/cohere/cohere.ts'
import type { Quirks, UpstreamDialect } from '../dialects/dialect.ts'
import type { Envelope } from '../dialects/envelope.ts'
import { geminiUpstream } from '../dialects/gemini/gemini.ts'
import { openAiChatUpstream } from '../dialects/openai-chat/openai-chat.ts'
import { claudeEnvelope } from '../dialects/vertex/claude-envelope.ts'
import { isClaude, vertexClaudeUpstream, vertexGeminiUpstream } from '../dialects/vertex/vertex.ts'
import type { AddressParts } from './address.ts'
import { azureAddress } from './azure-address.ts'
import { notOpenAi, passThroughDialects } from './openai-hosts.ts'
import { vertexAddress, vertexUrl } from './vertex-address.ts'

export interface KindRow {
  /** The base URL when the configuration has none. */
  readonly url: (spec: ProviderSpec) => string
  /** Path between the base URL's own path and that of a request. */
  readonly prefix: string
  /** The header of an API key. */
  readonly key: (secret: string) => readonly [name: string, value: string]
  /** Dialects that pass through. */
  readonly speaks: ReadonlySet<Dialect>
  /** The dialect that requests are translated to when they cannot pass through. */
  readonly dialect: UpstreamDialect
  readonly quirks?: Quirks
  /** Makes the path of a request, where it is not the base path and the path of the dialect. */
  readonly address?: (parts: AddressParts) => string
  /** The same for a path that depends on the provider's configuration. */
  readonly addressIn?: (spec: ProviderSpec) => (parts: AddressParts) => string
  /** Set where models of one provider speak different dialects. */
  readonly byModel?: (model: string) => Pick<KindRow, 'speaks' | 'dialect' | 'envelope'>
  /** Set where requests of the dialect pass through in another envelope than the vendor's. */
  readonly envelope?: Envelope | undefined
}

/** Azure has moderation and reranking as other services. */
const azurePassThroughDialects = passThroughDialects.filter(
  (name) => name !== 'openai-moderations' && name !== 'rerank',
)

const bearer = (secret: string) => ['authorization', `Bearer ${secret}`] as const

const tokenDialects = ['openai-chat', 'openai-completions', 'openai-responses', 'openai-embeddings'] as const

/** Dialects that a server with OpenAI's API is assumed to speak. */
export const openAiDialects: ReadonlySet<Dialect> = new Set<Dialect>([...tokenDialects, ...passThroughDialects])

const vertexGemini = { speaks: new Set<Dialect>(['gemini']), dialect: vertexGeminiUpstream }
const vertexClaude = {
  speaks: new Set<Dialect>(['anthropic']),
  dialect: vertexClaudeUpstream,
  envelope: claudeEnvelope,
}

export const kindRows: Readonly<Partial<Record<ProviderKind, KindRow>>> = {
  openai: {
    url: () => 'https://api.openai.com/v1',
    prefix: '',
    key: bearer,
    speaks: openAiDialects,
    dialect: openAiChatUpstream,
  },
  demo: {
    url: () => 'http://demo.invalid/v1',
    prefix: '',
    key: bearer,
    speaks: new Set(['openai-chat', 'openai-completions', 'openai-embeddings']),
    dialect: openAiChatUpstream,
  },
  azure: {
    url: () => 'https://resource.openai.azure.com',
    prefix: '',
    key: (secret) => ['api-key', secret],
    speaks: new Set([...tokenDialects, ...azurePassThroughDialects]),
    dialect: openAiChatUpstream,
    quirks: {
      maxTokensName: 'max_completion_tokens',
      customTools: true,
      reasoningBack: 'none',
      drops: new Set(notOpenAi),
    },
    address: azureAddress,
  },
  anthropic: {
    url: () => 'https://api.anthropic.com',
    prefix: '/v1',
    key: (secret) => ['x-api-key', secret],
    speaks: new Set(['anthropic']),
    dialect: anthropicUpstream,
    quirks: { systemTurns: true },
  },
  bedrock: {
    url: ({ region }) => `https://bedrock-runtime.${region}.amazonaws.com`,
    prefix: '',
    key: bearer,
    speaks: new Set(),
    dialect: bedrockUpstream,
  },
  gemini: {
    url: () => 'https://generativelanguage.googleapis.com',
    prefix: '/v1beta',
    key: (secret) => ['x-goog-api-key', secret],
    speaks: new Set(['gemini']),
    dialect: geminiUpstream,
  },
  vertex: {
    url: vertexUrl,
    prefix: '/v1',
    key: (secret) => ['x-goog-api-key', secret],
    ...vertexGemini,
    quirks: { ownEmbeddings: true },
    addressIn: vertexAddress,
    byModel: (model) => (isClaude(model) ? vertexClaude : vertexGemini),
  },
  cohere: {
    url: () => 'https://api.cohere.com',
    prefix: '/v2',
    key: bearer,
    speaks: new Set(['rerank']),
    dialect: cohereUpstream,
  },
}
