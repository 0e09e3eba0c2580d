// What the common clients make of a limit and of a spent budget: each throws its own error of status 429, keeps the wait of a limit, and asks
// nobody again for a budget that is spent. Sources: openai 6.x and @anthropic-ai/sdk (shouldRetry, `x-should-retry`), ai 7.x
// (retryWithExponentialBackoffRespectingRetryHeaders), @langchain/core 1.4 (AsyncCaller, classifyRateLimitError).
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import Anthropic from '@anthropic-ai/sdk'
import { ChatOpenAI } from '@langchain/openai'
import { APICallError, generateText, RetryError } from 'ai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyness } from '../../shared/test-load.ts'
import { type AnsweringUpstream, startAnsweringUpstream } from '../answering-upstream.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import { providerAt } from '../scripted-llm.ts'
import { price } from './budget-callers.ts'

let upstream: AnsweringUpstream
let gateway: Gateway
beforeAll(async () => {
  upstream = await startAnsweringUpstream()
  gateway = await startGateway({
    config: {
      providers: { up: providerAt(upstream.url) },
      models: { fast: { targets: [{ provider: 'up', model: 'm', price }], retries: { attempts: 0 } } },
      teams: { quick: {}, spent: {}, daily: {} },
      limits: {
        quick: { per: 'key', match: { team: 'quick' }, requests: 1, window: '3s' },
        daily: { per: 'team', match: { team: 'daily' }, requests: 1, window: '30d' },
      },
      budgets: { spent: { team: 'spent', usd: 0.000001, window: '1mo' } },
    },
  })
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
})

type Fetch = typeof globalThis.fetch

interface Access {
  readonly apiKey: string
  readonly baseURL: string
  readonly maxRetries: number
}

const messages: { role: 'user'; content: string }[] = [{ role: 'user', content: 'hi' }]

/** One request by a client, with as many retries as it is told. */
const clients: Record<string, (access: Access) => Promise<unknown>> = {
  openai: (access) => new OpenAI(access).chat.completions.create({ model: 'fast', messages, max_tokens: 5 }),
  '@anthropic-ai/sdk': ({ baseURL, ...access }) =>
    new Anthropic({ ...access, baseURL: baseURL.replace(/\/v1$/, '') }).messages.create({
      model: 'fast',
      messages,
      max_tokens: 5,
    }),
  ai: ({ apiKey, baseURL, maxRetries }) =>
    generateText({
      model: createOpenAICompatible({ name: 'headgate', apiKey, baseURL })('fast'),
      prompt: 'hi',
      maxOutputTokens: 5,
      maxRetries,
    }),
  '@langchain/openai': ({ apiKey, baseURL, maxRetries }) =>
    new ChatOpenAI({ model: 'fast', maxTokens: 5, maxRetries, apiKey, configuration: { baseURL } }).invoke('hi'),
}

async function accessOf(team: string, maxRetries: number): Promise<Access> {
  return { apiKey: (await gateway.issueKey({ owner: { team } })).secret, baseURL: `${gateway.base}/v1`, maxRetries }
}

function statusOf(error: unknown): unknown {
  const told = RetryError.isInstance(error) ? error.lastError : error
  return APICallError.isInstance(told) ? told.statusCode : (told as { status?: unknown }).status
}

describe.each(Object.entries(clients))('%s', (name, ask) => {
  test('throws an error of status 429 where a limit has no room', async () => {
    const access = await accessOf('quick', 0)
    await ask(access)
    const error = await ask(access).catch((thrown: unknown) => thrown)
    expect(statusOf(error)).toBe(429)
    expect(String((error as Error).message)).toContain('The limit `quick` of 1 request in 3s per key is reached')
    if (name === 'openai') expect(error).toBeInstanceOf(OpenAI.RateLimitError)
    if (name === '@anthropic-ai/sdk') expect(error).toBeInstanceOf(Anthropic.RateLimitError)
  })

  test('keeps the wait of a limit, and comes through', async () => {
    const access = await accessOf('quick', 2)
    await ask(access)
    const startedMs = performance.now()
    await ask(access)
    expect(performance.now() - startedMs).toBeGreaterThan(2_500)
  })

  test('reaches no provider for a budget that is spent', async () => {
    const before = upstream.answered
    const error = await ask(await accessOf('spent', 1)).catch((thrown: unknown) => thrown)
    expect(statusOf(error)).toBe(429)
    expect(upstream.answered).toBe(before)
  })
})

/** How often a client asks. */
async function asks(request: (access: Access & { fetch: Fetch }) => Promise<unknown>, team = 'spent'): Promise<number> {
  let count = 0
  const counting: Fetch = (...sent) => {
    count++
    return globalThis.fetch(...sent)
  }
  await request({ ...(await accessOf(team, 2)), fetch: counting }).catch(() => undefined)
  return count
}

const byOpenAi = (access: ConstructorParameters<typeof OpenAI>[0]) =>
  new OpenAI(access).chat.completions.create({ model: 'fast', messages, max_tokens: 5 })
const byAnthropic = ({ baseURL, ...access }: Access & { fetch: Fetch }) =>
  new Anthropic({ ...access, baseURL: baseURL.replace(/\/v1$/, '') }).messages.create({
    model: 'fast',
    messages,
    max_tokens: 5,
  })

// Told to retry, OpenAI's asked again within seconds, and Anthropic's slept all the days.
test('for a limit whose wait is longer than a minute, the official SDKs ask once and throw at once', async () => {
  await byOpenAi(await accessOf('daily', 0))
  const startedMs = performance.now()
  expect([await asks(byOpenAi, 'daily'), await asks(byAnthropic, 'daily')]).toEqual([1, 1])
  expect(performance.now() - startedMs).toBeLessThan(2_000 * busyness())
})

describe('for a budget that is spent', () => {
  test('OpenAI’s SDK asks once', async () => {
    expect(await asks(byOpenAi)).toBe(1)
  })

  test('Anthropic’s SDK asks once', async () => {
    expect(await asks(byAnthropic)).toBe(1)
  })

  test('LangChain asks once', async () => {
    const invoke = ({ apiKey, baseURL, maxRetries, fetch }: Access & { fetch: Fetch }) =>
      new ChatOpenAI({ model: 'fast', maxTokens: 5, maxRetries, apiKey, configuration: { baseURL, fetch } }).invoke(
        'hi',
      )
    expect(await asks(invoke)).toBe(1)
  })

  // It retries every 429, and no header stops it.
  test('the AI SDK asks as often as it may', async () => {
    const generate = ({ maxRetries, ...access }: Access & { fetch: Fetch }) =>
      generateText({
        model: createOpenAICompatible({ name: 'headgate', ...access })('fast'),
        prompt: 'hi',
        maxOutputTokens: 5,
        maxRetries,
      })
    expect(await asks(generate)).toBe(3)
  })
})
