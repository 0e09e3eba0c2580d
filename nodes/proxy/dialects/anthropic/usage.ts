// Token counts of Anthropic answers: cached input and cache writes are counted beside the input, not within it.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { tierOf, tokenCount, type Usage } from '../../../../shared/chat/usage.ts'
import { isObject } from '../common/body-reader.ts'

/** A stream reports its usage twice, each time in part: `before` holds the counts of the first report. They are cumulative, so that the
 *  zero with which some hosts fill in a count undoes none (envoyproxy/ai-gateway#1631). */
export function readAnthropicUsage(value: Json, before?: AnthropicCounts): AnthropicCounts | undefined {
  if (!isObject(value)) return before
  const isEmpty = inputNames.every((name) => (tokenCount(value[name]) ?? 0) === 0)
  const count = (name: Exclude<keyof AnthropicCounts, 'hour' | 'thought' | 'searches' | 'tier' | 'compaction'>) =>
    told(name, value, isEmpty) ?? before?.[name] ?? 0
  const created = value['cache_creation']
  const hour = isObject(created) ? tokenCount(created['ephemeral_1h_input_tokens']) : undefined
  const details = value['output_tokens_details']
  const thought = isObject(details) ? tokenCount(details['thinking_tokens']) : undefined
  const written = count('cache_creation_input_tokens') || createdIn(created)
  return {
    input_tokens: count('input_tokens'),
    output_tokens: count('output_tokens'),
    cache_read_input_tokens: count('cache_read_input_tokens'),
    cache_creation_input_tokens: written,
    hour: hour ?? hourOf(written, before),
    thought: thought ?? before?.thought ?? 0,
    searches: searchesIn(value['server_tool_use']) ?? before?.searches,
    tier: tierIn(value) ?? before?.tier,
    compaction: compactionOf(value['iterations']) ?? before?.compaction,
  }
}

/** The last report of a stream has no kinds of its cache writes, and more of them where the provider has run tools in between: the kinds
 *  grow with it. Source: @anthropic-ai/sdk 1.14, MessageDeltaUsage; BerriAI/litellm#42663. */
function hourOf(written: number, before: AnthropicCounts | undefined): number {
  const { hour = 0, cache_creation_input_tokens: told = 0 } = before ?? {}
  return written > told && told > 0 ? Math.round((hour * written) / told) : hour
}

const inputNames = ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'] as const

/** A count that a report tells. One without any input does not tell the input: there is always some. */
function told(name: string, value: JsonObject, isEmpty: boolean): number | undefined {
  const count = tokenCount(value[name])
  return count === 0 && isEmpty && name !== 'output_tokens' ? undefined : count
}

/** What was written to the cache, where its kinds alone are told. */
function createdIn(created: Json): number {
  if (!isObject(created)) return 0
  const [short, long] = [created['ephemeral_5m_input_tokens'], created['ephemeral_1h_input_tokens']]
  return (tokenCount(short) ?? 0) + (tokenCount(long) ?? 0)
}

export interface AnthropicCounts {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_read_input_tokens: number
  readonly cache_creation_input_tokens: number
  /** The part of the cache writes that is kept for an hour. */
  readonly hour: number
  readonly thought: number
  /** Web searches that the provider made; undefined where nothing is told of them. */
  readonly searches: number | undefined
  readonly tier: string | undefined
  /** Tokens that were used to shorten the conversation first; not included in the other counts. */
  readonly compaction: AnthropicCounts | undefined
}

function searchesIn(served: Json): number | undefined {
  return isObject(served) ? tokenCount(served['web_search_requests']) : undefined
}

/** The fast mode is sold beside the tiers. */
function tierIn({ speed, service_tier: tier }: JsonObject): string | undefined {
  return speed === 'fast' ? 'fast' : tierOf(tier)
}

function compactionOf(iterations: Json): AnthropicCounts | undefined {
  if (!Array.isArray(iterations)) return undefined
  const compaction = iterations.find((one) => isObject(one) && one['type'] === 'compaction')
  return compaction === undefined ? undefined : readAnthropicUsage({ ...compaction, iterations: undefined })
}

export function usageOfAnthropic(counts: AnthropicCounts): Usage {
  const { cache_read_input_tokens: cached, cache_creation_input_tokens: created, hour, thought, compaction } = counts
  const hours = Math.min(hour, created)
  const { searches = 0, tier } = counts
  const usage: Usage = {
    input: counts.input_tokens + cached + created,
    output: counts.output_tokens,
    cached,
    cacheWrite5m: created - hours,
    cacheWrite1h: hours,
    reasoning: Math.min(thought, counts.output_tokens),
    tier,
    calls: searches === 0 ? undefined : { webSearches: searches },
  }
  return compaction === undefined ? usage : sum(usage, usageOfAnthropic(compaction))
}

function sum(a: Usage, b: Usage): Usage {
  return {
    ...a,
    input: a.input + b.input,
    output: a.output + b.output,
    cached: a.cached + b.cached,
    cacheWrite5m: a.cacheWrite5m + b.cacheWrite5m,
    cacheWrite1h: a.cacheWrite1h + b.cacheWrite1h,
    reasoning: a.reasoning + b.reasoning,
  }
}

export function printAnthropicUsage(usage: Usage): object {
  const { input, output, cached, cacheWrite5m, cacheWrite1h, reasoning, calls } = usage
  const created = cacheWrite5m + cacheWrite1h
  const searches = calls?.webSearches ?? 0
  return {
    input_tokens: Math.max(0, input - cached - created),
    cache_creation_input_tokens: created,
    cache_read_input_tokens: cached,
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite5m, ephemeral_1h_input_tokens: cacheWrite1h },
    output_tokens: output,
    ...(reasoning > 0 ? { output_tokens_details: { thinking_tokens: reasoning } } : {}),
    ...(searches > 0 ? { server_tool_use: { web_search_requests: searches, web_fetch_requests: 0 } } : {}),
  }
}
