import type { ModelFacts } from '../../../../shared/chat/capabilities.ts'
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import type { InboundDialect, PrintedRequest } from '../dialect.ts'
import { openAiChatInbound } from '../openai-chat/openai-chat.ts'
import { anthropicUpstream } from './anthropic.ts'

export const hi = { role: 'user', content: 'hi' }

export function printedFrom(inbound: InboundDialect, body: JsonObject, facts: ModelFacts = {}): PrintedRequest {
  const request = inbound.parseRequest(body)
  if (!request.ok) throw new Error(JSON.stringify(request.error))
  const printed = anthropicUpstream.printRequest(request.value, { model: 'claude', facts, quirks: {} })
  if (!printed.ok) throw new Error(JSON.stringify(printed.error))
  return printed.value
}

// biome-ignore lint/suspicious/noExplicitAny: tests read into bodies whose shape they assert
export type Body = any

export function fromChat(more: JsonObject, facts: ModelFacts = {}): Body & { dropped: string[] } {
  const { body, dropped } = printedFrom(openAiChatInbound, { model: 'm', messages: [hi], ...more }, facts)
  return { ...JSON.parse(body), dropped: dropped.map((one) => ('parameter' in one ? one.parameter : one.member)) }
}

export const text = (said: string) => ({ type: 'text', text: said })
export const weather = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: {} } },
}
