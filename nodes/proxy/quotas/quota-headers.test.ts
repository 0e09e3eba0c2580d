import { expect, test } from 'vitest'
import { type QuotaReading, quotaReadings } from './quota-headers.ts'
import { headOf } from './test-quota-upstream.ts'

const minute = 60_000
const day = 86_400_000

test.each<[string, Record<string, string>, Partial<QuotaReading>[]]>([
  [
    // Source: platform.openai.com/docs/guides/rate-limits, "Rate limits in headers".
    'OpenAI',
    {
      'x-ratelimit-limit-requests': '5000',
      'x-ratelimit-limit-tokens': '160000',
      'x-ratelimit-remaining-requests': '4999',
      'x-ratelimit-remaining-tokens': '159976',
      'x-ratelimit-reset-requests': '12ms',
      'x-ratelimit-reset-tokens': '9ms',
      'x-ratelimit-limit-tokens_usage_based': '160000',
      'x-ratelimit-remaining-tokens_usage_based': '0',
    },
    [
      { name: 'requests', unit: 'requests', limit: 5_000, remaining: 4_999, windowMs: minute },
      { name: 'tokens', unit: 'tokens', limit: 160_000, remaining: 159_976, windowMs: minute },
    ],
  ],
  [
    // Source: console.groq.com/docs/rate-limits: requests are those of a day, tokens those of a minute.
    'Groq',
    {
      'x-ratelimit-limit-requests': '14400',
      'x-ratelimit-limit-tokens': '18000',
      'x-ratelimit-remaining-requests': '14370',
      'x-ratelimit-remaining-tokens': '17997',
      'x-ratelimit-reset-requests': '2m59.56s',
      'x-ratelimit-reset-tokens': '10ms',
    },
    [
      { unit: 'requests', limit: 14_400, windowMs: day },
      { unit: 'tokens', limit: 18_000, windowMs: minute },
    ],
  ],
  [
    // Seen in answers of Azure OpenAI and of GitHub Models: the window stands in a header of its own, in seconds.
    'Azure',
    {
      'x-ratelimit-limit-requests': '2500',
      'x-ratelimit-limit-tokens': '250000',
      'x-ratelimit-remaining-requests': '2499',
      'x-ratelimit-remaining-tokens': '249993',
      'x-ratelimit-renewalperiod-requests': '10',
      'x-ratelimit-renewalperiod-tokens': '60',
      'x-ratelimit-reset-requests': '4',
      'x-ratelimit-reset-tokens': '1',
    },
    [
      { unit: 'requests', limit: 2_500, windowMs: 10_000, isFixed: true },
      { unit: 'tokens', limit: 250_000, windowMs: minute, isFixed: true },
    ],
  ],
  [
    // Source: openai/openai-dotnet issue 838: Azure's Responses API tells -1 where it does not know.
    'Azure, where it does not know',
    {
      'x-ratelimit-limit-tokens': '-1',
      'x-ratelimit-remaining-tokens': '-1',
      'x-ratelimit-reset-tokens': '0',
    },
    [],
  ],
  [
    // Source: docs.anthropic.com/en/api/rate-limits, "Response headers".
    'Anthropic',
    {
      'anthropic-ratelimit-requests-limit': '1000',
      'anthropic-ratelimit-requests-remaining': '999',
      'anthropic-ratelimit-requests-reset': '2025-08-21T12:40:59Z',
      'anthropic-ratelimit-input-tokens-limit': '80000',
      'anthropic-ratelimit-input-tokens-remaining': '79000',
      'anthropic-ratelimit-output-tokens-limit': '16000',
      'anthropic-ratelimit-output-tokens-remaining': '16000',
      'anthropic-ratelimit-unified-status': 'allowed',
      'anthropic-ratelimit-unified-reset': '1755780000',
    },
    [
      { unit: 'requests', limit: 1_000, remaining: 999, windowMs: minute },
      { unit: 'inputTokens', limit: 80_000, remaining: 79_000, windowMs: minute },
      { unit: 'outputTokens', limit: 16_000, remaining: 16_000, windowMs: minute },
    ],
  ],
  [
    // Source: inference-docs.cerebras.ai/support/rate-limits.
    'Cerebras',
    {
      'x-ratelimit-limit-requests-day': '1440000',
      'x-ratelimit-limit-tokens-minute': '275000',
      'x-ratelimit-remaining-requests-day': '1435241',
      'x-ratelimit-remaining-tokens-minute': '274971',
      'x-ratelimit-reset-requests-day': '33011.38',
      'x-ratelimit-reset-tokens-minute': '11.38',
    },
    [
      { name: 'requests-day', unit: 'requests', windowMs: day },
      { name: 'tokens-minute', unit: 'tokens', windowMs: minute },
    ],
  ],
  [
    // Seen in answers of Mistral, newer ones and older ones.
    'Mistral',
    {
      'x-ratelimit-limit-req-minute': '60',
      'x-ratelimit-remaining-req-minute': '59',
      'x-ratelimit-limit-tokens-minute': '500000',
      'x-ratelimit-remaining-tokens-minute': '499900',
      'x-ratelimitbysize-limit-month': '1000000000',
      'x-ratelimitbysize-remaining-month': '900000000',
    },
    [
      { unit: 'requests', limit: 60, windowMs: minute },
      { unit: 'tokens', limit: 500_000, windowMs: minute },
      { name: 'bysize-month', unit: 'tokens', limit: 1_000_000_000 },
    ],
  ],
  [
    // Source: docs.fireworks.ai/serverless/rate-limits.
    'Fireworks',
    {
      'x-ratelimit-limit-tokens-prompt': '60000',
      'x-ratelimit-remaining-tokens-prompt': '59000',
      'x-ratelimit-limit-tokens-generated': '6000',
      'x-ratelimit-remaining-tokens-generated': '5000',
      'x-ratelimit-limit-tokens-cache-adjusted-prompt': '1',
      'x-ratelimit-remaining-tokens-cache-adjusted-prompt': '0',
    },
    [
      { unit: 'inputTokens', limit: 60_000, windowMs: undefined },
      { unit: 'outputTokens', limit: 6_000, windowMs: undefined },
    ],
  ],
  [
    // Source: docs.digitalocean.com/products/inference/reference/quota-specific-response-headers.
    'DigitalOcean',
    { 'x-ratelimit-limit-tokens-per-minute': '100', 'x-ratelimit-remaining-tokens-per-minute': '9' },
    [{ unit: 'tokens', limit: 100, remaining: 9, windowMs: minute }],
  ],
  [
    'Cohere, for trial keys alone',
    { 'x-trial-endpoint-call-limit': '20', 'x-trial-endpoint-call-remaining': '19' },
    [{ unit: 'requests', limit: 20, remaining: 19, windowMs: minute }],
  ],
  [
    'a window that ends at a time, which is no time until the limit is full',
    {
      'x-ratelimit-limit-requests': '1000',
      'x-ratelimit-remaining-requests': '999',
      'x-ratelimit-reset-requests': '42s',
    },
    [{ unit: 'requests', limit: 1_000, windowMs: undefined }],
  ],
  [
    'nonsense',
    {
      'x-ratelimit-limit-tokens': '1e99',
      'x-ratelimit-remaining-tokens': '5',
      'x-ratelimit-limit-requests': '10',
      'x-ratelimit-remaining-requests': 'many',
      'x-ratelimit-limit-constructor': '10',
      'x-ratelimit-remaining-constructor': '1',
    },
    [],
  ],
  [
    'more left than there is',
    { 'x-ratelimit-limit-tokens': '10', 'x-ratelimit-remaining-tokens': '11' },
    [{ remaining: 10 }],
  ],
])('%s', (_, headers, expected) => {
  const readings = quotaReadings(headOf(200, headers))
  expect(readings.length).toBe(expected.length)
  for (const [index, one] of expected.entries()) expect(readings[index]).toMatchObject(one)
})
