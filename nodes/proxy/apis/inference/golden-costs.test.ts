// Costs from end to end: the usage blocks that providers publish as examples, in answers as they send them, at the list prices of the
// catalogue. USD per million tokens stand in the cases, as the price page of the provider has them.
import { expect, test } from 'vitest'
import { TestGateway } from '../test-gateway.ts'

const credentials = [{ name: 'main', apiKey: 'sk-0123456789-abcdef' }]
const providers = {
  openai: { kind: 'openai', credentials },
  deepseek: { kind: 'openai', baseUrl: 'https://api.deepseek.com/v1', credentials },
  anthropic: { kind: 'anthropic', credentials },
  gemini: { kind: 'gemini', credentials },
  bedrock: { kind: 'bedrock', region: 'us-east-1', credentials },
}

const messages = [{ role: 'user', content: 'hi' }]
const chat = { path: '/v1/chat/completions', body: { messages } }
const responses = { path: '/v1/responses', body: { input: 'hi', store: false } }
const message = { path: '/v1/messages', body: { messages, max_tokens: 9 } }
const converse = { output: { message: { role: 'assistant', content: [{ text: 'yes' }] } }, stopReason: 'end_turn' }

const ofChat = (usage: object, more: object = {}) => {
  const choices = [{ index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }]
  return { id: 'c', object: 'chat.completion', choices, usage, ...more }
}
const ofMessage = (usage: object) => ({
  id: 'm',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: 'yes' }],
  stop_reason: 'end_turn',
  usage,
})
const ofGemini = (usageMetadata: object, more: object = {}) => ({
  candidates: [{ content: { role: 'model', parts: [{ text: 'yes' }] }, finishReason: 'STOP', ...more }],
  usageMetadata,
})

// developers.openai.com/api/docs/guides/prompt-caching: its `usage` example
const cachedChat = {
  prompt_tokens: 2006,
  completion_tokens: 300,
  total_tokens: 2306,
  prompt_tokens_details: { cached_tokens: 1920 },
  completion_tokens_details: { reasoning_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
}
// platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool: "Usage and pricing"
const searched = {
  input_tokens: 105,
  output_tokens: 6039,
  cache_read_input_tokens: 7123,
  cache_creation_input_tokens: 7345,
  server_tool_use: { web_search_requests: 1 },
}
// platform.claude.com/docs/en/build-with-claude/prompt-caching: "1-hour cache duration"; its sum of writes is that of its parts here
const written = {
  input_tokens: 2048,
  cache_read_input_tokens: 1800,
  cache_creation_input_tokens: 556,
  output_tokens: 503,
  cache_creation: { ephemeral_5m_input_tokens: 456, ephemeral_1h_input_tokens: 100 },
}
// ai.google.dev/gemini-api/docs/caching: its `usage_metadata` example, of a request above 200,000 tokens
const longGemini = {
  promptTokenCount: 696_219,
  cachedContentTokenCount: 696_190,
  candidatesTokenCount: 214,
  totalTokenCount: 696_433,
}
// docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-call.html: its response example
const converseUsage = { inputTokens: 30, outputTokens: 628, totalTokens: 658 }
// api-docs.deepseek.com/guides/kv_cache: the two counts of the usage
const deepseek = {
  prompt_tokens: 10_000,
  prompt_cache_hit_tokens: 8_000,
  prompt_cache_miss_tokens: 2_000,
  completion_tokens: 500,
  total_tokens: 10_500,
}

type Asked = { path: string; body: object }

const cases: [string, string, Asked, object, number][] = [
  ['OpenAI, cached', 'openai/gpt-4o', chat, ofChat(cachedChat), 86 * 2.5 + 1920 * 1.25 + 300 * 10],
  [
    'OpenAI, flex',
    'openai/gpt-5',
    { ...chat, body: { messages, service_tier: 'flex' } },
    ofChat(cachedChat, { service_tier: 'flex' }),
    (86 * 1.25 + 1920 * 0.125 + 300 * 10) / 2,
  ],
  [
    'OpenAI, priority',
    'openai/gpt-5',
    { ...chat, body: { messages, service_tier: 'auto' } },
    ofChat(cachedChat, { service_tier: 'priority' }),
    (86 * 1.25 + 1920 * 0.125 + 300 * 10) * 2,
  ],
  [
    'OpenAI, two searches of the web and one in files, 10 and 2.50 USD for a thousand',
    'openai/gpt-5',
    responses,
    {
      id: 'resp_1',
      object: 'response',
      status: 'completed',
      output: [
        { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'a' } },
        { type: 'web_search_call', id: 'ws_2', status: 'completed', action: { type: 'search', query: 'b' } },
        { type: 'file_search_call', id: 'fs_1', status: 'completed', queries: ['c'] },
      ],
      usage: {
        input_tokens: 1_000,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 100,
        total_tokens: 1_100,
      },
    },
    1_000 * 1.25 + 100 * 10 + 2 * 10_000 + 2_500,
  ],
  [
    'Anthropic, a search at 10 USD for a thousand',
    'anthropic/claude-sonnet-4-5',
    message,
    ofMessage(searched),
    105 * 3 + 7_123 * 0.3 + 7_345 * 3.75 + 6_039 * 15 + 10_000,
  ],
  [
    'Anthropic, writes for five minutes and for an hour',
    'anthropic/claude-sonnet-4-5',
    message,
    ofMessage(written),
    2_048 * 3 + 1_800 * 0.3 + 456 * 3.75 + 100 * 6 + 503 * 15,
  ],
  [
    'Anthropic, above 200,000 tokens with what is cached',
    'anthropic/claude-sonnet-4-5',
    message,
    ofMessage({
      input_tokens: 1_000,
      cache_read_input_tokens: 150_000,
      cache_creation_input_tokens: 60_000,
      output_tokens: 400,
    }),
    1_000 * 6 + 150_000 * 0.6 + 60_000 * 7.5 + 400 * 22.5,
  ],
  [
    'Anthropic, in its batch tier',
    'anthropic/claude-sonnet-4-5',
    message,
    ofMessage({ input_tokens: 1_000, output_tokens: 400, service_tier: 'batch' }),
    (1_000 * 3 + 400 * 15) / 2,
  ],
  [
    'Gemini, above 200,000 tokens and cached',
    'gemini/gemini-2.5-pro',
    { path: '/v1beta/models/m:generateContent', body: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] } },
    ofGemini(longGemini),
    29 * 2.5 + 696_190 * 0.25 + 214 * 15,
  ],
  [
    'Gemini, with thoughts and a grounded prompt, 35 USD for a thousand',
    'gemini/gemini-2.5-flash',
    { path: '/v1beta/models/m:generateContent', body: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] } },
    ofGemini(
      { promptTokenCount: 1_000, candidatesTokenCount: 100, thoughtsTokenCount: 400, totalTokenCount: 1_500 },
      { groundingMetadata: { webSearchQueries: ['a', 'b'] } },
    ),
    1_000 * 0.3 + 500 * 2.5 + 35_000,
  ],
  [
    'Bedrock, Nova Pro',
    'bedrock/amazon.nova-pro-v1:0',
    chat,
    { ...converse, usage: converseUsage },
    30 * 0.8 + 628 * 3.2,
  ],
  [
    'Bedrock, Claude with its cache',
    'bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0',
    chat,
    {
      ...converse,
      usage: {
        inputTokens: 30,
        outputTokens: 628,
        totalTokens: 3_658,
        cacheReadInputTokens: 2_000,
        cacheWriteInputTokens: 1_000,
      },
    },
    30 * 3 + 2_000 * 0.3 + 1_000 * 3.75 + 628 * 15,
  ],
  [
    'DeepSeek, hits and misses of its cache',
    'deepseek/deepseek-chat',
    chat,
    ofChat(deepseek),
    2_000 * 0.14 + 8_000 * 0.0028 + 500 * 0.28,
  ],
]

test.each(cases)('%s: %s', async (_, target, { path, body }, answer, usdPerMillion) => {
  const gateway = await TestGateway.open()
  for (const [name, spec] of Object.entries(providers)) await gateway.put('providers', name, spec)
  const slash = target.indexOf('/')
  const targets = [{ provider: target.slice(0, slash), model: target.slice(slash + 1) }]
  await gateway.put('models', 'm', { targets, retries: { attempts: 0 } })
  const { reply } = gateway.call({ path, body: { model: 'm', ...body } })
  gateway.upstream.last.answer(200, JSON.stringify(answer))
  expect(reply.status).toBe(200)
  const nanoUsd = Math.round(Math.round(usdPerMillion * 1e6) / 1_000)
  expect(gateway.record).toMatchObject({ costNanoUsd: nanoUsd, unpriced: false })
  expect(Number(reply.header('x-headgate-cost-usd'))).toBe(nanoUsd / 1e9)
})

// developers.openai.com/api/docs/guides/image-generation: tokens of a square image of gpt-image-1 in low, medium and high quality, and
// the price of one, rounded to tenths of a cent
test.each([
  [272, 0.011],
  [1_056, 0.042],
  [4_160, 0.167],
])('OpenAI, an image of %s tokens costs %s USD', async (imageTokens, usd) => {
  const gateway = await TestGateway.open()
  await gateway.put('providers', 'openai', providers.openai)
  const body = { model: 'openai/gpt-image-1', prompt: 'a cat' }
  const { reply } = gateway.call({ path: '/v1/images/generations', body })
  const usage = {
    input_tokens: 0,
    input_tokens_details: { text_tokens: 0, image_tokens: 0 },
    output_tokens: imageTokens,
  }
  gateway.upstream.last.answer(200, JSON.stringify({ created: 1, data: [{ b64_json: 'AA==' }], usage }))
  const told = Number(reply.header('x-headgate-cost-usd'))
  expect(told).toBe((imageTokens * 40) / 1e6)
  expect(Math.abs(told - usd)).toBeLessThan(0.001)
})
