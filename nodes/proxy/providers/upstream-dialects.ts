// The dialects of upstreams by name, so that another process can be told which one is meant.
import { anthropicUpstream } from '../dialects/anthropic/anthropic.ts'
import { bedrockUpstream } from '../dialects/bedrock/bedrock.ts'
import { cohereUpstream } from '../dialects/cohere/cohere.ts'
import type { UpstreamDialect } from '../dialects/dialect.ts'
import { geminiUpstream } from '../dialects/gemini/gemini.ts'
import { openAiChatUpstream } from '../dialects/openai-chat/openai-chat.ts'
import { openAiResponsesUpstream } from '../dialects/openai-responses/openai-responses.ts'
import { vertexClaudeUpstream, vertexGeminiUpstream } from '../dialects/vertex/vertex.ts'

export const upstreamDialects = {
  'openai-chat': openAiChatUpstream,
  'openai-responses': openAiResponsesUpstream,
  anthropic: anthropicUpstream,
  bedrock: bedrockUpstream,
  cohere: cohereUpstream,
  gemini: geminiUpstream,
  'vertex-claude': vertexClaudeUpstream,
  'vertex-gemini': vertexGeminiUpstream,
} as const satisfies Readonly<Record<string, UpstreamDialect>>

export type UpstreamName = keyof typeof upstreamDialects

const names = new Map<UpstreamDialect, UpstreamName>(
  Object.entries(upstreamDialects).map(([name, dialect]) => [dialect, name as UpstreamName]),
)

export function upstreamName(dialect: UpstreamDialect): UpstreamName {
  const name = names.get(dialect)
  if (name === undefined) throw new Error(`the dialect ${dialect.name} has no name`)
  return name
}
