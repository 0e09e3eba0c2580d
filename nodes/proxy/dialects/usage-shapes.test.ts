// Counts in the shapes of hosts: what is within what is told by the total, and reports of a stream are cumulative.
// Sources: MartialBE/one-hub#795 and QuantumNous/new-api#1358 (Google's OpenAI endpoint), BerriAI/litellm
// (`is_candidate_token_count_inclusive`), envoyproxy/ai-gateway#1631 and vercel/ai#10671 (Messages), vercel/ai#6082 (Gemini).
import { expect, test } from 'vitest'
import { laterUsage, type Usage, usageOf } from '../../../shared/chat/usage.ts'
import { type AnthropicCounts, readAnthropicUsage, usageOfAnthropic } from './anthropic/usage.ts'
import { readGeminiUsage } from './gemini/usage.ts'
import { parseUsage } from './openai/usage.ts'

const details = (reasoning_tokens: number) => ({ completion_tokens_details: { reasoning_tokens } })

test.each<[string, object, Partial<Usage>]>([
  [
    'untold reasoning',
    { prompt_tokens: 9, completion_tokens: 664, total_tokens: 1994 },
    { input: 9, output: 1985, reasoning: 1321 },
  ],
  [
    'reasoning beside',
    { prompt_tokens: 9, completion_tokens: 10, total_tokens: 39, ...details(20) },
    { output: 30, reasoning: 20 },
  ],
  [
    'reasoning within',
    { prompt_tokens: 9, completion_tokens: 30, total_tokens: 39, ...details(20) },
    { output: 30, reasoning: 20 },
  ],
  [
    'both names',
    { prompt_tokens: 0, completion_tokens: 0, input_tokens: 7, output_tokens: 8 },
    { input: 7, output: 8 },
  ],
  [
    'the cache beside',
    { prompt_tokens: 10, completion_tokens: 5, total_tokens: 115, cache_read_input_tokens: 100 },
    { input: 110, cached: 100, output: 5 },
  ],
  [
    'the cache within',
    { prompt_tokens: 110, completion_tokens: 5, total_tokens: 115, prompt_tokens_details: { cached_tokens: 100 } },
    { input: 110, cached: 100, output: 5 },
  ],
  ['no total', { prompt_tokens: 9, completion_tokens: 10 }, { input: 9, output: 10, reasoning: 0 }],
  ['an embedding', { prompt_tokens: 4, total_tokens: 4 }, { input: 4, output: 0 }],
])('chat: %s', (_, usage, wanted) => {
  expect(parseUsage(usage)).toMatchObject(wanted)
})

test.each<[string, object, Partial<Usage>]>([
  [
    'thoughts beside',
    { candidatesTokenCount: 5, thoughtsTokenCount: 7, totalTokenCount: 22 },
    { output: 12, reasoning: 7 },
  ],
  [
    'thoughts within',
    { candidatesTokenCount: 12, thoughtsTokenCount: 7, totalTokenCount: 22 },
    { output: 12, reasoning: 7 },
  ],
  ['untold thoughts', { candidatesTokenCount: 5, totalTokenCount: 40 }, { output: 30, reasoning: 25 }],
  ['an untold output', { totalTokenCount: 30 }, { output: 20, reasoning: 0 }],
  [
    'tools beside',
    { toolUsePromptTokenCount: 5, candidatesTokenCount: 5, totalTokenCount: 20 },
    { input: 15, output: 5 },
  ],
  [
    'tools within',
    { toolUsePromptTokenCount: 5, candidatesTokenCount: 5, totalTokenCount: 15 },
    { input: 10, output: 5 },
  ],
])('gemini: %s', (_, usage, wanted) => {
  expect(readGeminiUsage({ promptTokenCount: 10, ...usage })).toMatchObject(wanted)
})

test.each<[string, object, object, Partial<Usage>]>([
  [
    'an empty input at the end',
    { input_tokens: 25, cache_read_input_tokens: 7 },
    { input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 5 },
    { input: 32, cached: 7, output: 5 },
  ],
  ['the input at the end', { input_tokens: 0 }, { input_tokens: 25, output_tokens: 5 }, { input: 25, output: 5 }],
  [
    'an input that is cached',
    { input_tokens: 9 },
    { input_tokens: 0, cache_read_input_tokens: 90, output_tokens: 5 },
    { input: 90, cached: 90 },
  ],
  ['null', { input_tokens: 25, output_tokens: 1 }, { input_tokens: null, output_tokens: 5 }, { input: 25, output: 5 }],
  [
    'kinds of cache writes alone',
    {},
    {
      input_tokens: 1,
      output_tokens: 1,
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 5 },
    },
    { input: 16, cacheWrite5m: 10, cacheWrite1h: 5 },
  ],
  [
    'more cache writes at the end, all for an hour',
    {
      input_tokens: 1,
      cache_creation_input_tokens: 100,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 100 },
    },
    { input_tokens: 1, cache_creation_input_tokens: 600, output_tokens: 5 },
    { input: 601, cacheWrite5m: 0, cacheWrite1h: 600 },
  ],
  [
    'more cache writes at the end, of both kinds',
    {
      input_tokens: 1,
      cache_creation_input_tokens: 100,
      cache_creation: { ephemeral_5m_input_tokens: 75, ephemeral_1h_input_tokens: 25 },
    },
    { input_tokens: 1, cache_creation_input_tokens: 200, output_tokens: 5 },
    { input: 201, cacheWrite5m: 150, cacheWrite1h: 50 },
  ],
  [
    'more cache writes at the end, for five minutes',
    {
      input_tokens: 1,
      cache_creation_input_tokens: 31_490,
      cache_creation: { ephemeral_5m_input_tokens: 31_490, ephemeral_1h_input_tokens: 0 },
    },
    { input_tokens: 1, cache_creation_input_tokens: 184_457, output_tokens: 5 },
    { cacheWrite5m: 184_457, cacheWrite1h: 0 },
  ],
])('messages: %s', (_, start, end, wanted) => {
  const counts = readAnthropicUsage({ ...end }, readAnthropicUsage({ ...start })) as AnthropicCounts
  expect(usageOfAnthropic(counts)).toMatchObject(wanted)
})

test.each<[string, Partial<Usage>, Partial<Usage>]>([
  ['an empty report changes nothing', {}, { input: 5, output: 3, cached: 2 }],
  ['a larger one counts', { input: 5, output: 9 }, { input: 5, output: 9, cached: 0 }],
  ['an output that is left out stays', { input: 6 }, { input: 6, output: 3, cached: 0 }],
])('streams: %s', (_, now, wanted) => {
  expect(laterUsage(usageOf({ input: 5, output: 3, cached: 2 }), usageOf(now))).toMatchObject(wanted)
  expect(laterUsage(undefined, usageOf(now))).toEqual(usageOf(now))
})
