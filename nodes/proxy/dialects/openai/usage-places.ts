// Where hosts that speak OpenAI's dialect put what OpenAI has elsewhere, or does not have. A host that does not use a place leaves it
// empty, so every place is read whoever answers; whether a stated cost is believed is told by the host's row (`openai-hosts.ts`).
//
//   host         the usage                 cached input                       beside it
//   OpenAI       usage                     prompt_tokens_details              service_tier, web_search_call in output
//   Moonshot     choices[0].usage          usage.cached_tokens
//   DeepSeek     usage                     usage.prompt_cache_hit_tokens
//   Groq         usage, x_groq.usage       prompt_tokens_details              service_tier
//   Perplexity   usage                     –                                  usage.cost.total_cost, search_context_size,
//                                                                             num_search_queries, citation_tokens
//   OpenRouter   usage                     prompt_tokens_details              usage.cost, cost_details, server_tool_use
//   xAI          usage                     prompt_tokens_details              usage.cost_in_usd_ticks
//   DeepInfra    usage                     prompt_tokens_details              usage.estimated_cost
import { tokenCount } from '../../../../shared/chat/usage.ts'
import type { ChargedCalls } from '../../../../shared/usage/charged-calls.ts'

type Members = Readonly<Record<string, unknown>>

export function usageObjectIn(body: Members): unknown {
  if (isRecord(body['usage'])) return body['usage']
  const { choices, x_groq: groq } = body
  const [first] = Array.isArray(choices) ? choices : []
  if (isRecord(first) && isRecord(first['usage'])) return first['usage']
  return isRecord(groq) ? groq['usage'] : undefined
}

/** The cached input where it is not among the details; the last is Anthropic's name, which some proxies keep. */
export function cachedBeside(usage: Members): number | undefined {
  return (
    tokenCount(usage['cached_tokens']) ??
    tokenCount(usage['prompt_cache_hit_tokens']) ??
    tokenCount(usage['cache_read_input_tokens'])
  )
}

// ── what is charged by the call ──────────────────────────────────────────────────────────────────────────────────────

export function callsIn(usage: Members): ChargedCalls | undefined {
  const served = usage['server_tool_use']
  const searched = tokenCount(
    usage['num_search_queries'] ?? (isRecord(served) ? served['web_search_requests'] : undefined),
  )
  const request = requestOf(usage['search_context_size'])
  if (searched === undefined && request === undefined) return undefined
  return { webSearches: searched ?? 0, citationTokens: tokenCount(usage['citation_tokens']) ?? 0, ...request }
}

function requestOf(size: unknown): ChargedCalls | undefined {
  switch (size) {
    case 'low':
      return { requestsLow: 1 }
    case 'medium':
      return { requestsMedium: 1 }
    case 'high':
      return { requestsHigh: 1 }
    default:
      return undefined
  }
}

/** The searches in the output of a response. Of the actions of a web search, opening a page and looking into it are free of charge. */
export function callsInOutput(output: unknown): ChargedCalls | undefined {
  let webSearches = 0
  let fileSearches = 0
  for (const item of Array.isArray(output) ? output : []) {
    if (!isRecord(item)) continue
    if (item['type'] === 'web_search_call' && isSearch(item['action'])) webSearches++
    if (item['type'] === 'file_search_call') fileSearches++
  }
  return webSearches + fileSearches === 0 ? undefined : { webSearches, fileSearches }
}

function isSearch(action: unknown): boolean {
  return !isRecord(action) || action['type'] === undefined || action['type'] === 'search'
}

// ── the cost, where the provider states it ───────────────────────────────────────────────────────────────────────────

const nano = 1e9
const usdMax = 1e6
const ticksPerNano = 10

/** The cost in whole nano-dollars. */
export function statedNanoUsd(usage: Members): number | undefined {
  const { cost, cost_in_usd_ticks: ticks, estimated_cost: estimated } = usage
  if (typeof ticks === 'number') return nanoOf(ticks / ticksPerNano / nano)
  if (isRecord(cost)) return nanoOf(cost['total_cost'])
  if (cost === undefined) return nanoOf(estimated)
  const own = nanoOf(cost)
  const { cost_details: details } = usage
  // With a key of the caller's own, OpenRouter charges its fee, and the provider behind it the rest.
  if (own === undefined || usage['is_byok'] !== true || !isRecord(details)) return own
  return own + (nanoOf(details['upstream_inference_cost']) ?? 0)
}

function nanoOf(usd: unknown): number | undefined {
  return typeof usd === 'number' && usd >= 0 && usd <= usdMax ? Math.round(usd * nano) : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
