// Each provider's dialect with its strict checker, and models of it, old and new.
import { type ModelFacts, missingOf } from '../../../../shared/chat/capabilities.ts'
import { needsOf } from '../../../../shared/chat/needs.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import { catalogueModel } from '../../../../shared/models/catalogue.ts'
import { withPairedCalls } from '../../translators/paired-calls.ts'
import { anthropicUpstream } from '../anthropic/anthropic.ts'
import { bedrockUpstream } from '../bedrock/bedrock.ts'
import { cohereUpstream } from '../cohere/cohere.ts'
import type { Quirks, UpstreamDialect } from '../dialect.ts'
import { geminiUpstream } from '../gemini/gemini.ts'
import { openAiChatUpstream } from '../openai-chat/openai-chat.ts'
import { openAiResponsesUpstream } from '../openai-responses/openai-responses.ts'
import { vertexClaudeUpstream, vertexGeminiUpstream } from '../vertex/vertex.ts'
import { anthropicViolations } from './test-anthropic.ts'
import { bedrockViolations } from './test-bedrock.ts'
import { cohereViolations } from './test-cohere.ts'
import { geminiViolations, vertexGeminiViolations } from './test-gemini.ts'
import { chatViolations } from './test-openai-chat.ts'
import { responsesViolations } from './test-openai-responses.ts'
import type { StrictCheck } from './test-violations.ts'

export interface Host {
  readonly name: string
  readonly place: string
  readonly upstream: UpstreamDialect
  readonly check: StrictCheck
  readonly models: readonly string[]
  readonly quirks?: Quirks
}

const openAiQuirks: Quirks = {
  maxTokensName: 'max_completion_tokens',
  customTools: true,
  drops: new Set(['topK', 'minP', 'repetitionPenalty']),
}
const claudes = ['claude-3-haiku-20240307', 'claude-sonnet-4-20250514', 'claude-sonnet-4-5', 'claude-opus-4-7']
const geminis = ['gemini-2.0-flash', 'gemini-2.5-flash', 'gemini-2.5-pro', 'gemini-3-pro-preview']

const hosts: readonly Host[] = [
  {
    name: 'OpenAI',
    place: 'openai',
    upstream: openAiChatUpstream,
    check: chatViolations,
    models: ['gpt-4o', 'o3', 'gpt-5', 'gpt-5.1'],
    quirks: openAiQuirks,
  },
  {
    name: 'OpenAI over Responses',
    place: 'openai',
    upstream: openAiResponsesUpstream,
    check: responsesViolations,
    models: ['gpt-4o', 'o3', 'gpt-5', 'gpt-5.1'],
    quirks: openAiQuirks,
  },
  { name: 'Anthropic', place: 'anthropic', upstream: anthropicUpstream, check: anthropicViolations, models: claudes },
  {
    name: 'Claude on Vertex AI',
    place: 'google-vertex',
    upstream: vertexClaudeUpstream,
    check: anthropicViolations,
    models: ['claude-opus-4-1@20250805', 'claude-haiku-4-5@20251001'],
  },
  { name: 'Gemini', place: 'google', upstream: geminiUpstream, check: geminiViolations, models: geminis },
  {
    name: 'Gemini on Vertex AI',
    place: 'google-vertex',
    upstream: vertexGeminiUpstream,
    check: vertexGeminiViolations,
    models: geminis,
  },
  {
    name: 'Bedrock',
    place: 'amazon-bedrock',
    upstream: bedrockUpstream,
    check: bedrockViolations,
    models: [
      'anthropic.claude-3-haiku-20240307-v1:0',
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'amazon.nova-pro-v1:0',
      'meta.llama3-3-70b-instruct-v1:0',
    ],
  },
  {
    name: 'Cohere',
    place: 'cohere',
    upstream: cohereUpstream,
    check: cohereViolations,
    models: ['command-r-08-2024', 'command-a-03-2025', 'command-a-reasoning-08-2025'],
  },
]

export const cases = hosts.flatMap((host) => host.models.map((model) => [host.name, model, host] as const))

/** What the provider would refuse of the request; nothing where the gateway refuses it. */
export function violations(
  request: ChatRequest,
  model: string,
  { upstream, check, place, quirks = {} }: Host,
): readonly string[] {
  const facts: ModelFacts = catalogueModel(place, model)?.facts ?? {}
  if (missingOf(needsOf(request), upstream, facts) !== undefined) return []
  const paired = withPairedCalls(request)
  if (!paired.ok) return []
  const printed = upstream.printRequest(paired.value, { model, facts, quirks })
  return printed.ok ? check({ path: printed.value.path, model, body: JSON.parse(printed.value.body) }) : []
}
