// `cache_control` as Anthropic defines it; other dialects have adopted it.
import type { CacheMarker, Json } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Message } from '../../../../shared/chat/request.ts'
import type { Dropped } from '../dialect.ts'
import { isObject } from './body-reader.ts'

export function readCache(value: Json): CacheMarker | undefined {
  if (!isObject(value) || value['type'] !== 'ephemeral') return undefined
  return value['ttl'] === '1h' ? '1h' : '5m'
}

/** Five minutes are the default, so they are not printed. */
export function printCache(cache: CacheMarker | undefined): Json {
  if (cache === undefined) return undefined
  return cache === '1h' ? { type: 'ephemeral', ttl: '1h' } : { type: 'ephemeral' }
}

/** Claude and Nova take so many markers; a request with more is an error (Anthropic's and Bedrock's prompt caching guides). */
const markersMax = 4

/** The request with the markers that are farthest back in the prompt: each ends a longer stretch than those before it. */
export function withFewMarkers(request: ChatRequest): { request: ChatRequest; dropped: Dropped[] } {
  const { tools, messages } = request
  const system = messages.filter(({ role }) => role === 'system')
  const others = messages.filter(({ role }) => role !== 'system')
  // A prompt begins with its tools, and goes on with its system messages.
  const marked = [...tools, ...[...system, ...others].flatMap(({ parts }): object[] => [...parts])].filter(isMarked)
  if (marked.length <= markersMax) return { request, dropped: [] }
  const surplus = new Set(marked.slice(0, -markersMax))
  const unmark = <One extends object>(one: One): One => (surplus.has(one) ? { ...one, cache: undefined } : one)
  const fewer = { ...request, tools: tools.map(unmark), messages: messages.map((message) => unmarked(message, unmark)) }
  return { request: fewer, dropped: [{ member: 'cache_control' }] }
}

function unmarked(message: Message, unmark: <One extends object>(one: One) => One): Message {
  return { ...message, parts: (message.parts as object[]).map(unmark) } as Message
}

function isMarked(one: object): boolean {
  return 'cache' in one && one.cache !== undefined
}

/** What callers are told whose target has no cache markers. */
export function droppedMarkers({ messages, tools }: ChatRequest): Dropped[] {
  const marked = tools.some(isMarked) || messages.some(({ parts }) => parts.some(isMarked))
  return marked ? [{ member: 'cache_control' }] : []
}
