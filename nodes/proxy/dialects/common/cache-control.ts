// `cache_control` as Anthropic defines it; other dialects have adopted it.
import type { CacheMarker, Json } from '../../../../shared/chat/parts.ts'
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
