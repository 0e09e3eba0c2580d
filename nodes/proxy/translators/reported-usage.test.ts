import { expect, test } from 'vitest'
import { callPricesOf } from '../../../shared/models/call-price.ts'
import { priceOf } from '../../../shared/models/price.ts'
import { matchOperation } from '../operations/match-path.ts'
import { testHead } from '../request/test-request.ts'
import { reportedUsage } from './reported-usage.ts'

const rates = { input: 1, output: 2 }
const calls = callPricesOf({ perWebSearch: 0.01 })
const tiers = new Map([['flex', rates]])
const price = priceOf({ rates, calls, tiers }, { type: 'configured' })
const plain = priceOf({ rates }, { type: 'configured' })

function reported(path: string, body: object, by = price) {
  const matched = matchOperation(testHead({ path }))
  if (!matched.ok) throw new Error(`nothing is served at ${path}`)
  return reportedUsage(matched.value.operation, Buffer.from(JSON.stringify(body)), by)
}

const chat = {
  choices: [{ message: { content: 'say "service_tier":"priority"' } }],
  service_tier: 'flex',
  usage: { prompt_tokens: 3, completion_tokens: 4 },
}
const response = {
  output: [
    { type: 'web_search_call', action: { type: 'search' } },
    { type: 'web_search_call', action: { type: 'open_page' } },
    { type: 'web_search_call' },
    { type: 'file_search_call' },
    { type: 'message', content: [{ type: 'output_text', text: 'a web_search_call' }] },
  ],
  tools: [{ type: 'function', parameters: { properties: { service_tier: { type: 'string' } } } }],
  service_tier: 'default',
  usage: { input_tokens: 3, output_tokens: 4 },
}
const message = {
  content: [],
  usage: { input_tokens: 3, output_tokens: 4, service_tier: 'batch', server_tool_use: { web_search_requests: 2 } },
}
const fast = { content: [], usage: { input_tokens: 3, output_tokens: 4, service_tier: 'standard', speed: 'fast' } }
const gemini = {
  candidates: [{ groundingMetadata: { webSearchQueries: ['a', 'b', ''] } }],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4, trafficType: 'ON_DEMAND_PRIORITY' },
}

test.each([
  ['/v1/chat/completions', chat, 'flex', undefined],
  ['/v1/responses', response, 'standard', { webSearches: 2, fileSearches: 1 }],
  ['/v1/messages', message, 'batch', { webSearches: 2 }],
  ['/v1/messages', fast, 'fast', undefined],
  ['/v1beta/models/m:generateContent', gemini, 'priority', { webSearches: 2, groundedPrompts: 1 }],
] as const)('%s: %j', (path, body, tier, told) => {
  expect(reported(path, body)).toMatchObject({ input: 3, output: 4 })
  expect(reported(path, body)?.tier).toBe(tier)
  expect(reported(path, body)?.calls).toEqual(told)
})

test('nothing is looked for that the price does not know', () => {
  expect(reported('/v1/chat/completions', chat, plain)?.tier).toBeUndefined()
  expect(reported('/v1/responses', response, plain)?.calls).toBeUndefined()
})

test.each(['null', '17', '{"type":"string"}', '"'])('a service tier is a word, and not %s', (value) => {
  const body = Buffer.from(`{"usage":{"prompt_tokens":3},"service_tier":${value}`)
  const matched = matchOperation(testHead({ path: '/v1/chat/completions' }))
  if (matched.ok) expect(reportedUsage(matched.value.operation, body, price)?.tier).toBeUndefined()
})
