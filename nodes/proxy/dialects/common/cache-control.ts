// `cache_control` as Anthropic defines it; other dialects have adopted it.
import type { CacheMarker, Json } from '../../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
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

/** What callers are told whose target has no cache markers. */
export function droppedMarkers({ messages, tools }: ChatRequest): Dropped[] {
  const isMarked = (one: object) => 'cache' in one && one.cache !== undefined
  const marked = tools.some(isMarked) || messages.some(({ parts }) => parts.some(isMarked))
  return marked ? [{ member: 'cache_control' }] : []
}
