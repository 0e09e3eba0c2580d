// What each host reports, as it reports it, and what is read from that: whole and streamed, passed through and translated.
import { expect, test } from 'vitest'
import type { ChatEvent } from '../../../shared/chat/events.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import { type Usage, usageOf } from '../../../shared/chat/usage.ts'
import { findUsage } from '../dialects/openai/find-usage.ts'
import { ChatStreamObserver } from '../dialects/openai/stream-observer.ts'
import { readChatAnswer } from '../dialects/openai-chat/answer.ts'
import { ChatStreamReader } from '../dialects/openai-chat/parse-stream.ts'
import { hostRow } from './openai-hosts.ts'

interface Row {
  readonly host: string
  /** The end of the answer: beside `usage`, members of the body or of the last chunk. */
  readonly last: JsonObject
  readonly read: Partial<Usage>
}

const counts = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 }
const plain = { input: 100, output: 10 }

const rows: readonly Row[] = [
  // source: openai 6, CompletionUsage
  {
    host: 'api.openai.com',
    last: {
      usage: {
        ...counts,
        prompt_tokens_details: { cached_tokens: 40, audio_tokens: 20, image_tokens: 5, cache_write_tokens: 7 },
        completion_tokens_details: { reasoning_tokens: 3, audio_tokens: 4 },
      },
      service_tier: 'flex',
    },
    read: {
      ...plain,
      cached: 40,
      cacheWrite5m: 7,
      reasoning: 3,
      tier: 'flex',
      media: { audioInput: 20, imageInput: 5, audioOutput: 4, imageOutput: 0 },
    },
  },
  // source: platform.moonshot.ai, chat completions
  { host: 'api.moonshot.ai', last: { usage: { ...counts, cached_tokens: 40 } }, read: { ...plain, cached: 40 } },
  // source: api-docs.deepseek.com, context caching
  {
    host: 'api.deepseek.com',
    last: { usage: { ...counts, prompt_cache_hit_tokens: 40, prompt_cache_miss_tokens: 60 } },
    read: { ...plain, cached: 40 },
  },
  { host: 'api.groq.com', last: { x_groq: { id: 'r', usage: counts } }, read: plain },
  // source: docs.perplexity.ai, chat completions
  {
    host: 'api.perplexity.ai',
    last: { usage: { ...counts, search_context_size: 'low', cost: { request_cost: 0.005, total_cost: 0.00511 } } },
    read: {
      ...plain,
      statedNanoUsd: 5_110_000,
      calls: { webSearches: 0, citationTokens: 0, requestsLow: 1 },
    },
  },
  {
    host: 'api.perplexity.ai',
    last: { usage: { ...counts, reasoning_tokens: 500, citation_tokens: 30, num_search_queries: 2 } },
    read: { input: 100, output: 510, reasoning: 500, calls: { webSearches: 2, citationTokens: 30 } },
  },
  // source: openrouter.ai/docs/use-cases/usage-accounting
  { host: 'openrouter.ai', last: { usage: { ...counts, cost: 0.0021 } }, read: { ...plain, statedNanoUsd: 2_100_000 } },
  {
    host: 'openrouter.ai',
    last: { usage: { ...counts, cost: 0.001, is_byok: true, cost_details: { upstream_inference_cost: 0.02 } } },
    read: { ...plain, statedNanoUsd: 21_000_000 },
  },
  // source: docs.x.ai/developers/cost-tracking: 10¹⁰ ticks are 1 USD
  {
    host: 'api.x.ai',
    last: { usage: { ...counts, cost_in_usd_ticks: 37_756_000 } },
    read: { ...plain, statedNanoUsd: 3_775_600 },
  },
  {
    host: 'api.x.ai',
    last: { usage: { ...counts, total_tokens: 140, completion_tokens_details: { reasoning_tokens: 30 } } },
    read: { input: 100, output: 40, reasoning: 30 },
  },
  { host: 'api.x.ai', last: { usage: { cost_in_usd_ticks: 200_000_000 } }, read: { statedNanoUsd: 20_000_000 } },
  // source: deepinfra.com/docs, usage.estimated_cost
  {
    host: 'api.deepinfra.com',
    last: { usage: { ...counts, estimated_cost: 0.0000123 } },
    read: { ...plain, statedNanoUsd: 12_300 },
  },
  // Proxies that keep Anthropic's names.
  { host: 'example.com', last: { usage: { ...counts, cache_read_input_tokens: 40 } }, read: { ...plain, cached: 40 } },
  {
    host: 'example.com',
    last: { usage: { ...counts, prompt_tokens_details: null, completion_tokens_details: null, cost: null } },
    read: plain,
  },
]

const message = { role: 'assistant', content: 'hi' }

function known(usage: Usage | undefined): Partial<Usage> {
  return JSON.parse(JSON.stringify(usage ?? {}))
}

test.each(rows)('$host, whole: $last', ({ last, read }) => {
  const body = { choices: [{ index: 0, message, finish_reason: 'stop' }], ...last }
  const { tier: _, ...withoutTier } = known(usageOf(read))
  expect(known(readChatAnswer(body)?.usage)).toEqual(known(usageOf(read)))
  expect(known(findUsage(Buffer.from(JSON.stringify(body))))).toEqual(withoutTier)
})

test.each(rows)('$host, streamed: $last', ({ last, read }) => {
  const chunks = [
    { model: 'm', choices: [{ index: 0, delta: message, finish_reason: null }] },
    { model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], ...last },
  ]
  expect(known(observed(chunks))).toEqual(known(usageOf(read)))
  expect(known(parsed(chunks))).toEqual(known(usageOf(read)))
})

// source: a recording of Moonshot's streams
test('the usage in the last choice of a stream', () => {
  const last = { index: 0, delta: {}, finish_reason: 'stop', usage: { ...counts, cached_tokens: 40 } }
  const chunks = [
    { model: 'm', choices: [{ index: 0, delta: message }] },
    { model: 'm', choices: [last] },
  ]
  const read = known(usageOf({ ...plain, cached: 40 }))
  expect(known(observed(chunks))).toEqual(read)
  expect(known(parsed(chunks))).toEqual(read)
})

test('the service tier that the first chunk of a stream names, where the last one does not', () => {
  const chunks = [
    { model: 'm', service_tier: 'flex', choices: [{ index: 0, delta: message }] },
    { model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { model: 'm', choices: [], usage: counts },
  ]
  expect([observed(chunks)?.tier, parsed(chunks)?.tier]).toEqual(['flex', 'flex'])
})

test('a stated cost is believed of the hosts that charge it, and of no other', () => {
  const believed = ['api.perplexity.ai', 'openrouter.ai', 'api.x.ai', 'api.deepinfra.com']
  for (const { host } of rows)
    expect([host, hostRow(host)?.quirks.statesCost === true]).toEqual([host, believed.includes(host)])
})

function observed(chunks: readonly object[]): Usage | undefined {
  const observer = new ChatStreamObserver(true)
  for (const chunk of chunks) observer.observe(`data: ${JSON.stringify(chunk)}\n\n`)
  return observer.usage
}

function parsed(chunks: readonly JsonObject[]): Usage | undefined {
  const reader = new ChatStreamReader()
  const events: ChatEvent[] = []
  for (const chunk of chunks) reader.read(chunk, (event) => void events.push(event))
  const told = events.findLast((event) => event.type === 'usage')
  return told?.type === 'usage' ? told.usage : undefined
}
