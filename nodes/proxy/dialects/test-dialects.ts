// All dialects that have both sides, for tests of what holds for each of them.
import { EventStreamCodec } from '@smithy/eventstream-codec'
import type { ChatRequest } from '../../../shared/chat/request.ts'
import { anthropicInbound, anthropicUpstream } from './anthropic/anthropic.ts'
import type { InboundDialect, PrintedRequest, PrintFacts, TargetTraits, UpstreamDialect } from './dialect.ts'
import { geminiStreamInbound, geminiUpstream } from './gemini/gemini.ts'
import { openAiChatInbound, openAiChatUpstream } from './openai-chat/openai-chat.ts'

export interface BothSides {
  readonly name: string
  readonly inbound: InboundDialect
  readonly upstream: UpstreamDialect
}

export const dialects: readonly BothSides[] = [
  { name: 'openai-chat', inbound: openAiChatInbound, upstream: openAiChatUpstream },
  { name: 'anthropic', inbound: anthropicInbound, upstream: anthropicUpstream },
  { name: 'gemini', inbound: geminiStreamInbound('sse'), upstream: geminiUpstream },
  { name: 'gemini as a list', inbound: geminiStreamInbound('list'), upstream: geminiUpstream },
]

export const plainTarget: TargetTraits = { model: 'a-model', facts: {}, quirks: {} }

export const printedNothing: PrintedRequest = { path: '/', body: '', headerLines: '', dropped: [], model: 'a-model' }

export function requestOf(more: Partial<ChatRequest> = {}): ChatRequest {
  return {
    ...{ model: 'm', messages: [], tools: [], stream: false, parameters: {}, dialect: 'openai-chat', extras: {} },
    ...more,
  }
}

export function factsFor(inbound: InboundDialect): PrintFacts {
  const request = requestOf({ dialect: inbound.name })
  return { requestId: 'req_1', nowSeconds: 1_700_000_000, estimatedInput: 7, showUsage: false, request }
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
