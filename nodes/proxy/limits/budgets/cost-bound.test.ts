// The most that requests can cost, and which have no bound. What a bound depends on is a row here.
import { beforeAll, describe, expect, test } from 'vitest'
import { ManualClock } from '../../../../shared/clock.ts'
import { type AskedCall, TestGateway } from '../../apis/test-gateway.ts'
import type { Policy } from '../../policies/policy.ts'
import { type CostBound, costBound } from './cost-bound.ts'
import { PriceCeilings } from './price-ceiling.ts'

let gateway: TestGateway
let last: CostBound | undefined
const ceilings = new PriceCeilings()

const looking: Policy = {
  name: 'looking',
  governs: () => true,
  decide(request, asked) {
    last = costBound(request, asked, ceilings)
    return { type: 'reject', error: { type: 'internal' } }
  },
}

const target = (price: object | undefined, model = 'm') => ({
  targets: [{ provider: 'up', model, ...(price === undefined ? {} : { price }) }],
})
const flat = { inputPerMTok: 1, outputPerMTok: 2 }

beforeAll(async () => {
  gateway = await TestGateway.open({ policies: [looking], clock: new ManualClock() })
  await gateway.put('models', 'unpriced', target(undefined, 'nobody-knows-it'))
  await gateway.put('models', 'tiers', target({ ...flat, tiers: { priority: { inputPerMTok: 3, outputPerMTok: 5 } } }))
  await gateway.put(
    'models',
    'steps',
    target({ ...flat, above: [{ inputTokens: 200_000, inputPerMTok: 2, outputPerMTok: 4 }] }),
  )
  await gateway.put('models', 'writes', target({ ...flat, cacheWrite1hPerMTok: 6, reasoningPerMTok: 7 }))
  await gateway.put('models', 'dear', target({ inputPerMTok: 10, outputPerMTok: 20 }))
  await gateway.put('models', 'falls2', { ...target(flat), fallbacks: ['dear'] })
  await gateway.put('models', 'falls', { ...target(flat), fallbacks: ['falls2'] })
  await gateway.put('models', 'plain', target(flat, 'nobody-knows-it'))
  await gateway.put('models', 'free', target({ inputPerMTok: 0, outputPerMTok: 0 }))
})

async function boundOf(asked: AskedCall): Promise<CostBound> {
  last = undefined
  gateway.call(asked)
  // What a response continues is looked up before policies are asked.
  await new Promise((resolve) => setTimeout(resolve, 0))
  if (last === undefined) throw new Error('no policy was asked')
  return last
}

const hi = [{ role: 'user', content: 'hi' }]
/** Tokens of input at most: bytes of the body, and what a provider puts around it. */
const inputOf = (body: object) => JSON.stringify(body).length + 32

describe('a bound in nano-dollars', () => {
  test.each<[string, object, number, number, number]>([
    ['a cap of output', { model: 'plain', max_tokens: 10 }, 1_000, 2_000, 10],
    ['the larger of two caps', { model: 'plain', max_tokens: 10, max_completion_tokens: 50 }, 1_000, 2_000, 50],
    ['a cap of another endpoint', { model: 'gpt', max_output_tokens: 1 }, 1_000, 2_000, 16_384],
    ['no cap', { model: 'gpt' }, 1_000, 2_000, 16_384],
    ['a cap of 0, which some servers take for none', { model: 'gpt', max_tokens: 0 }, 1_000, 2_000, 16_384],
    [
      'a cap of -1 beside another one',
      { model: 'gpt', max_tokens: 10, max_completion_tokens: -1 },
      1_000,
      2_000,
      16_384,
    ],
    ['a cap that is a text', { model: 'plain', max_tokens: 10, max_completion_tokens: '50' }, 1_000, 2_000, 50],
    ['a cap that is null', { model: 'plain', max_tokens: 10, max_completion_tokens: null }, 1_000, 2_000, 10],
    ["llama.cpp's name of a cap", { model: 'plain', max_tokens: 10, n_predict: 60 }, 1_000, 2_000, 60],
    ["llama.cpp's name without a cap", { model: 'gpt', max_tokens: 10, n_predict: -1 }, 1_000, 2_000, 16_384],
    ['a number of answers that is a text', { model: 'plain', max_tokens: 10, n: '3' }, 1_000, 2_000, 30],
    ['the best of several', { model: 'plain', max_tokens: 10, best_of: 4 }, 1_000, 2_000, 40],
    ['several answers', { model: 'plain', max_tokens: 10, n: 3 }, 1_000, 2_000, 30],
    ['the dearest service tier', { model: 'tiers', max_tokens: 10 }, 3_000, 5_000, 10],
    ['the dearest length', { model: 'steps', max_tokens: 10 }, 2_000, 4_000, 10],
    ['cache writes and reasoning', { model: 'writes', max_tokens: 10 }, 6_000, 7_000, 10],
    ['fallbacks of fallbacks', { model: 'falls', max_tokens: 10 }, 10_000, 20_000, 10],
    ["the caller's own fallbacks", { model: 'plain', models: ['plain', 'dear'], max_tokens: 10 }, 10_000, 20_000, 10],
    ['a price of nothing', { model: 'free', max_tokens: 10 }, 0, 0, 10],
  ])('has %s', async (_, asked, input, output, tokens) => {
    const body = { ...asked, messages: hi }
    expect(await boundOf({ body })).toEqual({ nanoUsd: inputOf(body) * input + tokens * output })
  })

  test.each<[string, AskedCall & { body: object }, number]>([
    ['messages', { path: '/v1/messages', body: { model: 'plain', max_tokens: 10, messages: hi } }, 10],
    [
      'responses',
      { path: '/v1/responses', body: { model: 'plain', max_output_tokens: 9, input: 'hi', store: false } },
      9,
    ],
    ['completions', { path: '/v1/completions', body: { model: 'plain', max_tokens: 8, prompt: 'hi' } }, 8],
    [
      'completions with the best of 4',
      { path: '/v1/completions', body: { model: 'plain', max_tokens: 8, prompt: 'hi', best_of: 4 } },
      32,
    ],
    [
      'completions of two prompts',
      { path: '/v1/completions', body: { model: 'plain', max_tokens: 8, prompt: ['hi', 'ho'] } },
      16,
    ],
    ['embeddings', { path: '/v1/embeddings', body: { model: 'plain', input: 'hi' } }, 0],
  ])('of %s', async (_, asked, tokens) => {
    expect(await boundOf(asked)).toEqual({ nanoUsd: inputOf(asked.body) * 1_000 + tokens * 2_000 })
  })

  test('of generateContent', async () => {
    const contents = [{ parts: [{ text: 'hi' }] }]
    const body = { contents, generationConfig: { maxOutputTokens: 10, candidateCount: 2 } }
    const bound = await boundOf({ path: '/v1beta/models/plain:generateContent', body })
    expect('nanoUsd' in bound && bound.nanoUsd).toBeGreaterThanOrEqual(inputOf(body) * 1_000 + 20 * 2_000)
  })

  test('of a request that counts tokens is nothing', async () => {
    const body = { model: 'claude', messages: hi }
    expect(await boundOf({ path: '/v1/messages/count_tokens', body })).toEqual({ nanoUsd: 0 })
  })

  test('of tools has room for the instructions that a provider adds', async () => {
    const tools = [{ type: 'function', function: { name: 'f', parameters: {} } }]
    const body = { model: 'plain', max_tokens: 10, messages: hi, tools }
    expect(await boundOf({ body })).toEqual({ nanoUsd: (inputOf(body) + 1_024) * 1_000 + 20_000 })
  })

  test.each<[string, object]>([
    ['an image', { type: 'image_url', image_url: { url: 'https://x.example/a.png' } }],
    ['an image in escaped letters', { type: 'im\u0061ge_url', image_url: { url: 'https://x.example/a.png' } }],
  ])('of %s is the whole context of the model', async (_, part) => {
    const text = JSON.stringify({ model: 'gpt', max_tokens: 10, messages: [{ role: 'user', content: [part] }] })
    const escaped = text.replace('"type":"image_url"', '"type":"im\\u0061ge_url"')
    expect(await boundOf({ body: escaped })).toEqual({ nanoUsd: 128_000 * 1_000 + 10 * 2_000 })
  })
})

describe('no bound has', () => {
  const image = [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x.example/a.png' } }] }]
  test.each<[string, AskedCall, RegExp]>([
    [
      'a model without a price',
      { body: { model: 'unpriced', messages: hi, max_tokens: 1 } },
      /up\/nobody-knows-it has no known price/,
    ],
    ['an answer that nothing caps', { body: { model: 'plain', messages: hi } }, /set max_tokens/],
    [
      'an answer that nothing caps, of the Responses API',
      { path: '/v1/responses', body: { model: 'plain', input: 'hi', store: false } },
      /set max_output_tokens/,
    ],
    [
      'an answer that nothing caps, of generateContent',
      { path: '/v1beta/models/plain:generateContent', body: { contents: [{ parts: [{ text: 'hi' }] }] } },
      /set generationConfig\.maxOutputTokens/,
    ],
    [
      'an answer that nothing caps, of completions',
      { path: '/v1/completions', body: { model: 'plain', prompt: 'hi' } },
      /set max_tokens/,
    ],
    [
      'an image for a model whose context nobody knows',
      { body: { model: 'plain', messages: image, max_tokens: 1 } },
      /images, sound or files/,
    ],
    [
      "a provider's own tool",
      {
        path: '/v1/responses',
        body: { model: 'gpt', input: 'hi', store: false, max_output_tokens: 1, tools: [{ type: 'web_search' }] },
      },
      /what the provider does by itself/,
    ],
    [
      'a search of a chat',
      { body: { model: 'gpt', messages: hi, max_tokens: 1, web_search_options: {} } },
      /web_search_options/,
    ],
    [
      'what cannot be read',
      { body: { model: 'gpt', messages: [{ role: 'user', content: [{ type: 'file', file: 7 }] }] } },
      /messages/,
    ],
  ])('%s', async (_, asked, why) => {
    const bound = await boundOf(asked)
    expect(JSON.stringify(bound)).toMatch(why)
  })
})
