// The operations of the inference API that are translated where an upstream does not speak the caller's dialect.
import { anthropicInbound } from '../dialects/anthropic/anthropic.ts'
import { geminiCountInbound, geminiInbound, geminiStreamInbound } from '../dialects/gemini/gemini.ts'
import {
  geminiBatchEmbedInbound,
  geminiEmbedInbound,
  withGeminiModel,
  withGeminiModels,
} from '../dialects/gemini/parse-embeddings.ts'
import { openAiEmbeddingsInbound } from '../dialects/openai/embeddings.ts'
import { openAiChatInbound } from '../dialects/openai-chat/openai-chat.ts'
import { openAiCompletionsInbound } from '../dialects/openai-completions/openai-completions.ts'
import { openAiResponsesInbound } from '../dialects/openai-responses/openai-responses.ts'
import type { Operation } from './operation.ts'

const inference = { api: 'inference', methods: ['POST'] } as const

export const chat: Operation = {
  ...inference,
  name: '/v1/chat/completions',
  dialect: 'openai-chat',
  errors: 'openai',
  upstreamPath: '/chat/completions',
  inbound: openAiChatInbound,
  input: { member: 'messages', nonEmptyArray: true },
  stream: 'chat',
  asksForUsage: true,
}
export const completions: Operation = {
  ...inference,
  name: '/v1/completions',
  dialect: 'openai-completions',
  errors: 'openai',
  upstreamPath: '/completions',
  inbound: openAiCompletionsInbound,
  input: { member: 'prompt', nonEmptyArray: false },
  stream: 'chat',
  asksForUsage: true,
}
export const embeddings: Operation = {
  ...inference,
  name: '/v1/embeddings',
  dialect: 'openai-embeddings',
  errors: 'openai',
  upstreamPath: '/embeddings',
  inbound: undefined,
  embeddings: openAiEmbeddingsInbound,
  input: { member: 'input', nonEmptyArray: false },
  stream: undefined,
  asksForUsage: false,
}
export const responses: Operation = {
  ...inference,
  name: '/v1/responses',
  dialect: 'openai-responses',
  errors: 'openai',
  upstreamPath: '/responses',
  inbound: openAiResponsesInbound,
  input: undefined, // a stored prompt or a conversation can take its place
  stateful: true,
  stream: 'responses',
  asksForUsage: false,
}
export const messages: Operation = {
  ...inference,
  name: '/v1/messages',
  dialect: 'anthropic',
  errors: 'anthropic',
  upstreamPath: '/messages',
  inbound: anthropicInbound,
  input: { member: 'messages', nonEmptyArray: true },
  stream: 'messages',
  asksForUsage: false,
}
export const countTokens: Operation = {
  ...messages,
  name: '/v1/messages/count_tokens',
  // Nothing is generated, so callers do not send the required `max_tokens`.
  inbound: { ...anthropicInbound, parseRequest: (body) => anthropicInbound.parseRequest({ max_tokens: 1, ...body }) },
  upstreamPath: '/messages/count_tokens',
  stream: undefined,
  counts: (input_tokens) => ({ input_tokens }),
}

export const generate: Operation = {
  ...inference,
  name: '/v1beta/models:generateContent',
  dialect: 'gemini',
  errors: 'gemini',
  upstreamPath: (model) => `/models/${model}:generateContent`,
  inbound: geminiInbound,
  input: undefined,
  stream: undefined,
  asksForUsage: false,
}
export const generateStream: Operation = {
  ...generate,
  name: '/v1beta/models:streamGenerateContent',
  upstreamPath: (model) => `/models/${model}:streamGenerateContent?alt=sse`,
  inbound: geminiStreamInbound('sse'),
  stream: 'gemini',
  alwaysStreams: true,
}
/** Answers with one JSON list instead of events. No upstream is asked for it, so its bytes never pass through. */
export const generateList: Operation = {
  ...generateStream,
  upstreamPath: '',
  inbound: geminiStreamInbound('list'),
}
export const geminiCount: Operation = {
  ...generate,
  name: '/v1beta/models:countTokens',
  upstreamPath: (model) => `/models/${model}:countTokens`,
  inbound: geminiCountInbound,
  counts: (totalTokens) => ({ totalTokens }),
}
export const geminiEmbed: Operation = {
  ...generate,
  name: '/v1beta/models:embedContent',
  upstreamPath: (model) => `/models/${model}:embedContent`,
  inbound: undefined,
  embeddings: geminiEmbedInbound,
  namesModelWithin: withGeminiModel,
}
export const geminiBatchEmbed: Operation = {
  ...geminiEmbed,
  name: '/v1beta/models:batchEmbedContents',
  upstreamPath: (model) => `/models/${model}:batchEmbedContents`,
  embeddings: geminiBatchEmbedInbound,
  namesModelWithin: withGeminiModels,
}
