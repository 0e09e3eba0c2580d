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

/** The request with the markers that are farthest back in the prompt: each ends a longer stretch than those before it. A stretch that
 *  is kept for an hour must not lie behind one that is kept for five minutes (Anthropic's guide), so its marker becomes one of five. */
export function withFewMarkers(request: ChatRequest): { request: ChatRequest; dropped: Dropped[] } {
  const { tools, messages } = request
  const system = messages.filter(({ role }) => role === 'system')
  const others = messages.filter(({ role }) => role !== 'system')
  // A prompt begins with its tools, and goes on with its system messages.
  const marked = [...tools, ...[...system, ...others].flatMap(elementsOf)].filter(isMarked)
  const kept = new Set(marked.slice(-markersMax))
  const inPlace = [...tools, ...messages.flatMap(elementsOf)].filter((one) => kept.has(one))
  const late = lateHours([marked.slice(-markersMax), inPlace])
  if (kept.size === marked.length && late.size === 0) return { request, dropped: [] }
  const refit = <One extends object>(one: One): One => {
    const cache = late.has(one) ? '5m' : undefined
    return isMarked(one) && (cache !== undefined || !kept.has(one)) ? { ...one, cache } : one
  }
  const fitting = {
    ...request,
    tools: tools.map(refit),
    messages: messages.map((message) => fitMessage(message, refit)),
  }
  const dropped = [
    ...(kept.size < marked.length ? ['cache_control'] : []),
    ...(late.size > 0 ? ['cache_control.ttl'] : []),
  ]
  return { request: fitting, dropped: dropped.map((member) => ({ member })) }
}

/** The parts of a message, and of the results in it. */
function elementsOf({ parts }: Message): object[] {
  return parts.flatMap((part): object[] => (part.type === 'tool-result' ? [...part.parts, part] : [part]))
}

/** The markers for an hour that lie behind one for five minutes in one of the orders: some models take instructions between the turns,
 *  and for others they move to the front. */
function lateHours(orders: readonly (readonly object[])[]): ReadonlySet<object> {
  const late = new Set<object>()
  const isBrief = (one: object) => late.has(one) || cacheOf(one) === '5m'
  let before = -1
  // A marker that has become one of five minutes may make others late in the other order.
  while (late.size > before) {
    before = late.size
    for (const order of orders) {
      const first = order.findIndex(isBrief)
      if (first >= 0) for (const one of order.slice(first)) if (cacheOf(one) === '1h') late.add(one)
    }
  }
  return late
}

function cacheOf(one: object): unknown {
  return 'cache' in one ? one.cache : undefined
}

type Refit = <One extends object>(one: One) => One

function fitMessage(message: Message, refit: Refit): Message {
  const parts = message.parts.map((part) =>
    part.type === 'tool-result' ? { ...refit(part), parts: part.parts.map(refit) } : refit(part as object),
  )
  return { ...message, parts } as Message
}

function isMarked(one: object): boolean {
  return cacheOf(one) !== undefined
}

/** The content of a result, and the marker of the result itself: Anthropic refuses markers within ("cache_control may not be
 *  specified within `tool_result.content`"), and one behind the content means the same. */
export function withOuterMarker<Part extends object>(parts: readonly Part[], own: CacheMarker | undefined) {
  const markers = parts.flatMap((part) =>
    'cache' in part && part.cache !== undefined ? [part.cache as CacheMarker] : [],
  )
  if (markers.length === 0) return { parts, cache: own }
  return { parts: parts.map((part) => ({ ...part, cache: undefined })), cache: own ?? markers.at(-1) }
}

/** What callers are told whose target has no cache markers. */
export function droppedMarkers({ messages, tools }: ChatRequest): Dropped[] {
  const marked = tools.some(isMarked) || messages.some((message) => elementsOf(message).some(isMarked))
  return marked ? [{ member: 'cache_control' }] : []
}
