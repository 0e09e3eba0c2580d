// All dialects that have both sides, for tests of what holds for each of them.
import { EventStreamCodec } from '@smithy/eventstream-codec'
import type { ChatRequest } from '../../../shared/chat/request.ts'
import { anthropicInbound, anthropicUpstream } from './anthropic/anthropic.ts'
import {
  askedFacts,
  type InboundDialect,
  type PrintedRequest,
  type PrintFacts,
  type TargetTraits,
  type UpstreamDialect,
} from './dialect.ts'
import { geminiStreamInbound, geminiUpstream } from './gemini/gemini.ts'
import { openAiChatInbound, openAiChatUpstream } from './openai-chat/openai-chat.ts'
import { openAiResponsesInbound, openAiResponsesUpstream } from './openai-responses/openai-responses.ts'

export interface BothSides {
  readonly name: string
  readonly inbound: InboundDialect
  readonly upstream: UpstreamDialect
}

export const dialects: readonly BothSides[] = [
  { name: 'openai-chat', inbound: openAiChatInbound, upstream: openAiChatUpstream },
  { name: 'openai-responses', inbound: openAiResponsesInbound, upstream: openAiResponsesUpstream },
  { name: 'anthropic', inbound: anthropicInbound, upstream: anthropicUpstream },
  { name: 'gemini', inbound: geminiStreamInbound('sse'), upstream: geminiUpstream },
  { name: 'gemini as a list', inbound: geminiStreamInbound('list'), upstream: geminiUpstream },
]

export const plainTarget: TargetTraits = { model: 'a-model', facts: {}, quirks: {} }

export const printedNothing: PrintedRequest = { path: '/', body: '', headerLines: '', dropped: [], model: 'a-model' }

export function requestOf(more: Partial<ChatRequest> = {}): ChatRequest {
  return {
    model: 'm',
    messages: [],
    tools: [],
    stream: false,
    parameters: {},
    dialect: 'openai-chat',
    extras: {},
    ...more,
  }
}

export function factsFor(inbound: InboundDialect): PrintFacts {
  const asked = askedFacts(inbound, requestOf({ dialect: inbound.name }))
  return { requestId: 'req_1', nowSeconds: 1_700_000_000, estimatedInput: 7, showUsage: false, asked }
}

export function chunked(bytes: Buffer, size: number): Buffer[] {
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, i) => Buffer.from(bytes.subarray(i * size, (i + 1) * size)))
}

const codec = new EventStreamCodec((bytes) => Buffer.from(bytes as Uint8Array).toString(), Buffer.from)

/** Encodes an event as Bedrock does. */
export function encodedEvent(name: string, value: unknown, type: 'event' | 'exception' = 'event'): Buffer {
  const header = (text: string) => ({ type: 'string' as const, value: text })
  const headers = {
    [`:${type}-type`]: header(name),
    ':content-type': header('application/json'),
    ':message-type': header(type),
  }
  return Buffer.from(codec.encode({ headers, body: Buffer.from(JSON.stringify(value)) }))
}

/** A conversation in which the model called a tool once by each id, and each call has a result: the id again. */
export function callingOnce(ids: readonly string[], name = 'f'): ChatRequest['messages'] {
  return ids.flatMap((id): ChatRequest['messages'] => [
    { role: 'user', parts: [{ type: 'text', text: 'go on' }] },
    { role: 'assistant', parts: [{ type: 'tool-call', id, name, input: '{}', form: 'function' }] },
    { role: 'user', parts: [{ type: 'tool-result', callId: id, parts: [{ type: 'text', text: id || 'none' }] }] },
  ])
}

/** The body that an upstream is sent, and what the caller is told of it. */
export function sentTo(upstream: UpstreamDialect, request: Partial<ChatRequest>, target: Partial<TargetTraits> = {}) {
  const printed = upstream.printRequest(requestOf(request), { ...plainTarget, ...target })
  if (!printed.ok) throw new Error(JSON.stringify(printed.error))
  const dropped = printed.value.dropped.map((one) => ('parameter' in one ? one.parameter : one.member))
  // biome-ignore lint/suspicious/noExplicitAny: tests read into bodies whose shape they assert
  return { printed: printed.value, body: JSON.parse(printed.value.body) as any, dropped }
}

/** The values of a member, wherever it stands in a body. */
export function valuesOf(body: unknown, name: string): unknown[] {
  const values: unknown[] = []
  JSON.stringify(body, (key, value) => {
    if (key === name) values.push(value)
    return value
  })
  return values
}
