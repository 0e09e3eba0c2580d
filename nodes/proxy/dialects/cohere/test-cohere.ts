// Prints requests for Cohere and reads its answers, for tests.
import { expect } from 'vitest'
import type { ChatEvent } from '../../../../shared/chat/events.ts'
import type { AssistantPart, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import type { PrintedRequest } from '../dialect.ts'
import { chunked, plainTarget, printedNothing, requestOf } from '../test-dialects.ts'
import { cohereUpstream } from './cohere.ts'

export const target = { ...plainTarget, model: 'command-a-03-2025' }

export function printed(request: Partial<ChatRequest>, facts = {}): PrintedRequest & { json: JsonObject } {
  const result = cohereUpstream.printRequest(requestOf(request), { ...target, facts })
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return { ...result.value, json: JSON.parse(result.value.body) as JsonObject }
}

export const user = (text: string) => ({ role: 'user' as const, parts: [{ type: 'text' as const, text }] })
export const city = { type: 'object', properties: { city: { type: 'string' } } }
export const weather = { type: 'function' as const, name: 'get-weather', parameters: city }
export const picture = {
  type: 'image' as const,
  media: { from: 'bytes' as const, mediaType: 'image/png', base64: 'iVBO' },
}
export const called = (more: Partial<AssistantPart> = {}) =>
  ({
    type: 'tool-call',
    id: 'c1',
    name: 'get-weather',
    input: '{"city":"Paris"}',
    form: 'function',
    ...more,
  }) as AssistantPart

/** Parses the stream at once and byte by byte, and expects the same events (wire 2). */
export function streamed(...events: readonly JsonObject[]): ChatEvent[] {
  const bytes = Buffer.from(
    events.map((event) => `event: ${event['type']}\ndata: ${JSON.stringify(event)}\n\n`).join(''),
  )
  const [whole, pieces] = [[bytes], chunked(bytes, 1)].map((chunks) => {
    const read: ChatEvent[] = []
    const parser = cohereUpstream.openParser(printedNothing)
    for (const chunk of chunks) expect(parser.push(chunk, (event) => void read.push(event))).toBe('ok')
    parser.end((event) => void read.push(event))
    return read
  })
  expect(pieces).toEqual(whole)
  return whole!
}
