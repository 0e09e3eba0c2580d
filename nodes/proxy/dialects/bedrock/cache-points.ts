// Bedrock's Converse: what shall be kept in the prompt cache ends with an element of its own behind it (wire 39).
import type { CacheMarker, Json } from '../../../../shared/chat/parts.ts'

export function printCachePoint(cache: CacheMarker | undefined): Json[] {
  if (cache === undefined) return []
  return [{ cachePoint: cache === '1h' ? { type: 'default', ttl: '1h' } : { type: 'default' } }]
}
