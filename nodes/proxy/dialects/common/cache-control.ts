// `cache_control` as Anthropic writes it, which others have taken over for their own dialects.
import type { CacheMarker, Json } from '../../../../shared/chat/parts.ts'
import { isObject } from './body-reader.ts'

export function readCache(value: Json): CacheMarker | undefined {
  if (!isObject(value) || value['type'] !== 'ephemeral') return undefined
  return value['ttl'] === '1h' ? '1h' : '5m'
}

/** Five minutes are what is meant when nothing is said. */
export function printCache(cache: CacheMarker | undefined): Json {
  if (cache === undefined) return undefined
  return cache === '1h' ? { type: 'ephemeral', ttl: '1h' } : { type: 'ephemeral' }
}
