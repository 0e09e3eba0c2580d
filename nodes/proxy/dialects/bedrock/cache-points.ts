// Bedrock Converse: a `cachePoint` element after a block ends the stretch that the prompt cache keeps (wire 39).
import type { CacheMarker, Json } from '../../../../shared/chat/parts.ts'

export function printCachePoint(cache: CacheMarker | undefined): Json[] {
  if (cache === undefined) return []
  return [{ cachePoint: cache === '1h' ? { type: 'default', ttl: '1h' } : { type: 'default' } }]
}
