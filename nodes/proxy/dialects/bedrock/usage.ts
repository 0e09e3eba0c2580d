// Token counts of Bedrock Converse: cache reads and cache writes are counted beside the input (wire 69).
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { tierOf, tokenCount, type Usage } from '../../../../shared/chat/usage.ts'
import { isObject } from '../common/body-reader.ts'

/** The usage of an answer, or of the last event of a stream; undefined where it reports none. */
export function readBedrockUsage({ usage: value, serviceTier }: JsonObject): Usage | undefined {
  if (!isObject(value)) return undefined
  const input = tokenCount(value['inputTokens'])
  const output = tokenCount(value['outputTokens'])
  if (input === undefined || output === undefined) return undefined
  const cached = tokenCount(value['cacheReadInputTokens']) ?? 0
  const written = tokenCount(value['cacheWriteInputTokens']) ?? 0
  const cacheWrite1h = Math.min(written, writtenForAnHour(value['cacheDetails']))
  return {
    input: input + cached + written,
    output,
    cached,
    cacheWrite5m: written - cacheWrite1h,
    cacheWrite1h,
    reasoning: 0,
    tier: isObject(serviceTier) ? tierOf(serviceTier['type']) : undefined,
  }
}

function writtenForAnHour(details: Json): number {
  if (!Array.isArray(details)) return 0
  const counts = details.map((one) =>
    isObject(one) && one['ttl'] === '1h' ? (tokenCount(one['inputTokens']) ?? 0) : 0,
  )
  return counts.reduce((sum, count) => sum + count, 0)
}
