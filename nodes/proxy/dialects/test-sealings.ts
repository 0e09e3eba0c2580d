// Providers that seal: an answer of each in its own words, whole and streamed, and where its requests hold the seals.
import type { ModelFacts } from '../../../shared/chat/capabilities.ts'
import type { Family, JsonObject } from '../../../shared/chat/parts.ts'
import { anthropicUpstream } from './anthropic/anthropic.ts'
import { bedrockUpstream } from './bedrock/bedrock.ts'
import type { Quirks, UpstreamDialect } from './dialect.ts'
import { geminiUpstream } from './gemini/gemini.ts'
import { openAiChatUpstream } from './openai-chat/openai-chat.ts'
import { openAiResponsesUpstream } from './openai-responses/openai-responses.ts'
import { encodedEvent } from './test-dialects.ts'
import { vertexClaudeUpstream, vertexGeminiUpstream } from './vertex/vertex.ts'

export interface Sealing {
  readonly name: string
  readonly maker: Family
  readonly upstream: UpstreamDialect
  readonly model: string
  readonly quirks?: Quirks
  readonly facts?: ModelFacts
  readonly answer: JsonObject
  readonly stream: readonly Buffer[]
  /** The members of the turn that hold seals, with their parts. */
  readonly back: (body: JsonObject) => unknown
}

// biome-ignore lint/suspicious/noExplicitAny: the bodies of providers are read by place
type Any = any

const sse = (events: readonly object[]) =>
  events.map((event) => Buffer.from(`data: ${JSON.stringify(event)}\n\n`)).concat(Buffer.from('data: [DONE]\n\n'))

// ── Google ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const candidate = (parts: readonly object[], finishReason?: string) => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, finishReason }],
  responseId: 'r',
})
const call = (name: string, thoughtSignature?: string) => ({ functionCall: { name, args: {} }, thoughtSignature })
const geminiTurn = (body: Any) =>
  body.contents
    .filter(({ role }: Any) => role === 'model')
    .flatMap(({ parts }: Any) => parts)
    .map(({ functionCall, text, thoughtSignature }: Any) => [functionCall?.name ?? text, thoughtSignature])

const signedParts: Readonly<Record<string, readonly object[]>> = {
  'a call': [{ text: 'Hm.', thought: true }, call('f', 'SEAL-1')],
  'the first of parallel calls': [{ text: 'Hello' }, call('f', 'SEAL-1'), call('g'), call('h')],
  'every call': [call('f', 'SEAL-1'), call('g', 'SEAL-2')],
  'an empty text at the end': [{ text: 'Hello' }, { text: '', thoughtSignature: 'SEAL-1' }],
  'an empty text before a call': [{ text: '', thoughtSignature: 'SEAL-1' }, call('f', 'SEAL-2')],
}

const googles: readonly Sealing[] = Object.entries(signedParts).flatMap(([what, parts]) =>
  [geminiUpstream, vertexGeminiUpstream].map((upstream, i) => ({
    name: `${i === 0 ? 'Gemini' : 'Gemini on Vertex'}, which signed ${what}`,
    maker: 'google' as const,
    upstream,
    model: 'gemini-3-pro-preview',
    answer: candidate(parts, 'STOP'),
    stream: [...parts.map((part) => candidate([part])), candidate([], 'STOP')].map((chunk) =>
      Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`),
    ),
    back: geminiTurn,
  })),
)

const extra_content = { google: { thought_signature: 'SEAL-1' } }
const compatibleCall = { index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' }, extra_content }
const message = { role: 'assistant', content: 'Hello', tool_calls: [compatibleCall] }
const compatible: Sealing = {
  name: 'Gemini’s OpenAI-compatible API',
  maker: 'google',
  upstream: openAiChatUpstream,
  model: 'gemini-3-pro-preview',
  quirks: { thoughtSignatures: true },
  answer: { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] },
  stream: sse([{ choices: [{ index: 0, delta: message, finish_reason: 'tool_calls' }] }]),
  back: (body: Any) => [body.messages[1].content, body.messages[1].tool_calls[0].extra_content],
}

// ── Claude ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const claudeBlocks = [
  { type: 'thinking', thinking: 'Hm.', signature: 'SEAL-1' },
  { type: 'redacted_thinking', data: 'SEAL-2' },
  { type: 'text', text: 'Hello' },
  { type: 'tool_use', id: 'c1', name: 'f', input: {} },
]
const claudeEvents = [
  { type: 'message_start', message: { id: 'm', model: 'claude' } },
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm.' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'SEAL' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: '-1' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: claudeBlocks[1] },
  { type: 'content_block_stop', index: 1 },
  { type: 'content_block_start', index: 2, content_block: claudeBlocks[2] },
  { type: 'content_block_stop', index: 2 },
  { type: 'content_block_start', index: 3, content_block: claudeBlocks[3] },
  { type: 'content_block_stop', index: 3 },
  { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 1 } },
  { type: 'message_stop' },
]
const claudes: readonly Sealing[] = [anthropicUpstream, vertexClaudeUpstream].map((upstream, i) => ({
  name: i === 0 ? 'Claude' : 'Claude on Vertex',
  maker: 'anthropic',
  upstream,
  model: 'claude-sonnet-4-5',
  answer: { content: claudeBlocks, stop_reason: 'tool_use' },
  stream: claudeEvents.map((event) => Buffer.from(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)),
  back: (body: Any) => body.messages[1].content,
}))

const bedrockBlocks = [
  { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'SEAL-1' } } },
  { reasoningContent: { redactedContent: 'SEAL-2' } },
  { toolUse: { toolUseId: 'c1', name: 'f', input: {} } },
]
const delta = (contentBlockIndex: number, reasoningContent: object) =>
  encodedEvent('contentBlockDelta', { contentBlockIndex, delta: { reasoningContent } })
const bedrock: Sealing = {
  name: 'Claude on Bedrock',
  maker: 'anthropic',
  upstream: bedrockUpstream,
  model: 'anthropic.claude-sonnet-4-5',
  answer: { output: { message: { role: 'assistant', content: bedrockBlocks } }, stopReason: 'tool_use' },
  stream: [
    delta(0, { text: 'Hm.' }),
    delta(0, { signature: 'SEAL-1' }),
    encodedEvent('contentBlockStop', { contentBlockIndex: 0 }),
    delta(1, { redactedContent: 'SEAL-2' }),
    encodedEvent('contentBlockStop', { contentBlockIndex: 1 }),
    encodedEvent('contentBlockStart', { contentBlockIndex: 2, start: { toolUse: { toolUseId: 'c1', name: 'f' } } }),
    encodedEvent('contentBlockStop', { contentBlockIndex: 2 }),
    encodedEvent('messageStop', { stopReason: 'tool_use' }),
  ],
  back: (body: Any) => body.messages[1].content,
}

// ── OpenRouter ───────────────────────────────────────────────────────────────────────────────────────────────────────

function routed(model: string, maker: Sealing['maker'], details: readonly object[]): Sealing {
  const tool_calls = [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }]
  const said = { role: 'assistant', content: '', reasoning_details: details, tool_calls }
  return {
    name: `OpenRouter’s ${model}`,
    maker,
    upstream: openAiChatUpstream,
    model,
    quirks: { reasoningBack: 'reasoning_details' },
    answer: { choices: [{ index: 0, message: said, finish_reason: 'tool_calls' }] },
    stream: sse([{ choices: [{ index: 0, delta: said, finish_reason: 'tool_calls' }] }]),
    back: (body: Any) => body.messages[1].reasoning_details,
  }
}

const routers: readonly Sealing[] = [
  routed('anthropic/claude-opus-4.5', 'anthropic', [
    { type: 'reasoning.text', text: 'Hm.', signature: 'SEAL-1', format: 'anthropic-claude-v1', index: 0 },
  ]),
  routed('openai/gpt-5', 'openai', [
    { type: 'reasoning.encrypted', data: 'SEAL-1', id: 'rs_1', format: 'openai-responses-v1', index: 0 },
  ]),
  routed('google/gemini-3-pro', 'google', [
    { type: 'reasoning.encrypted', data: 'SEAL-1', id: 'tool_f:0', format: 'google-gemini-v1', index: 0 },
  ]),
  routed('x-ai/grok-4', 'xai', [
    { type: 'reasoning.encrypted', data: 'SEAL-1', id: 'rs_1', format: 'xai-responses-v1', index: 0 },
  ]),
]

// ── OpenAI's Responses API ───────────────────────────────────────────────────────────────────────────────────────────

const encrypted = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'SEAL-1' }
const called = { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'f', arguments: '{}' }
const response = {
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  model: 'gpt-5-codex',
  output: [encrypted, called],
}
const responseEvents = [
  { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
  { type: 'response.output_item.added', output_index: 0, item: { ...encrypted, encrypted_content: '' } },
  { type: 'response.output_item.done', output_index: 0, item: encrypted },
  { type: 'response.output_item.added', output_index: 1, item: { ...called, arguments: '' } },
  { type: 'response.function_call_arguments.delta', output_index: 1, item_id: 'fc_1', delta: '{}' },
  { type: 'response.output_item.done', output_index: 1, item: called },
  { type: 'response.completed', response },
]
const responses: Sealing = {
  name: 'OpenAI’s Responses API',
  maker: 'openai',
  upstream: openAiResponsesUpstream,
  model: 'gpt-5-codex',
  answer: response,
  stream: responseEvents.map((event) => Buffer.from(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)),
  back: (body: Any) => body.input.filter(({ type }: Any) => type === 'reasoning' || type === 'function_call'),
}

export const sealings: readonly Sealing[] = [...googles, compatible, ...claudes, bedrock, responses, ...routers]
