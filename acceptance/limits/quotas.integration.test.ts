// Quotas of providers as callers and operators meet them: a provider that limits is not asked for more than it takes, whoever has to wait
// too long is told so, and a light tenant does not wait for a heavy one.
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, type Gateway, startGateway } from '../gateway.ts'
import { providerAt } from '../scripted-llm.ts'
import { sleep, until } from '../until.ts'
import { type LimitingCounts, type LimitingUpstream, startLimitingUpstream } from './limiting-upstream.ts'

const tokensPerMinute = 60_000
let openai: LimitingUpstream
let anthropic: LimitingUpstream
let gateway: Gateway
const secrets = new Map<string, string>()

beforeAll(async () => {
  openai = await startLimitingUpstream({ tokensPerMinute, left: 3_000 })
  anthropic = await startLimitingUpstream({ tokensPerMinute, left: 3_000 })
  const retries = { attempts: 0 }
  const { credentials } = providerAt('http://127.0.0.1')
  gateway = await startGateway({
    config: {
      providers: {
        openai: providerAt(openai.url),
        anthropic: { kind: 'anthropic', baseUrl: anthropic.url, credentials },
      },
      models: {
        fast: { targets: [{ provider: 'openai', model: 'm' }], retries, timeouts: { queue: '2s' } },
        claude: { targets: [{ provider: 'anthropic', model: 'm' }], retries, timeouts: { queue: '2s' } },
      },
      teams: { heavy: {}, light: {}, first: { priority: 'high', weight: 3 } },
    },
  })
  for (const team of ['heavy', 'light']) secrets.set(team, (await gateway.issueKey({ owner: { team } })).secret)
})
afterAll(async () => {
  await gateway?.stop()
  await openai?.stop()
  await anthropic?.stop()
})

const content = 'x'.repeat(400)
const chat = async (team: string, more: object = {}) => {
  const startedMs = performance.now()
  const told = await ask(
    `${gateway.base}/v1/chat/completions`,
    'POST',
    { model: 'fast', messages: [{ role: 'user', content }], max_tokens: 50, ...more },
    { authorization: `Bearer ${secrets.get(team)}` },
  )
  return { ...told, ms: performance.now() - startedMs }
}

test('a flood is paced, the rest is told to come again, and a light tenant gets through', async () => {
  // 150 tokens each, against 1,000 in a second: five times as many.
  const flood: ReturnType<typeof chat>[] = []
  const light: Awaited<ReturnType<typeof chat>>[] = []
  const startMs = performance.now()
  const endMs = startMs + 14_000
  const learntMs = startMs + 5_000
  const callNowAndThen = async () => {
    await sleep(5_000)
    while (performance.now() < endMs) {
      light.push(await chat('light'))
      await sleep(700)
    }
  }
  const called = callNowAndThen()
  let before: LimitingCounts | undefined
  for (let count = 0; performance.now() < endMs; count++) {
    if (performance.now() > learntMs) before ??= { ...openai.counts }
    flood.push(chat('heavy', count % 2 === 0 ? {} : { stream: true }))
    await sleep(30)
  }
  await called
  const seconds = (performance.now() - learntMs) / 1_000
  const { requests = 0, rejections = 0, taken = 0 } = before ?? {}
  const used = (openai.counts.taken - taken) / (seconds * 1_000)
  const told = await Promise.all(flood)
  expect((openai.counts.rejections - rejections) / (openai.counts.requests - requests)).toBeLessThanOrEqual(0.02)
  expect(used).toBeGreaterThan(0.85)
  const busy = told.filter(({ status, json }) => status === 429 && json.error.message.includes('lets it use'))
  expect(busy[0]?.json.error).toMatchObject({ code: 'rate_limit_exceeded', type: 'requests' })
  expect(Number(busy[0]?.headers.get('retry-after-ms'))).toBeGreaterThan(1_500)
  expect(light.map(({ status }) => status)).toEqual(light.map(() => 200))
  expect(Math.max(...light.map(({ ms }) => ms))).toBeLessThan(1_500)
}, 60_000)

test('metrics tell the quota, the waits and who was sent away', async () => {
  const text = async () => await (await fetch(`${gateway.control}/metrics`)).text()
  await until(async () => (await text()).includes('headgate_quota_remaining{'), 5_000)
  const page = await text()
  expect(page).toMatch(/headgate_quota_limit\{[^}]*provider="openai",credential="main",model="m",unit="tokens"\} 60000/)
  expect(page).toMatch(/headgate_quota_wait_seconds_count\{[^}]*\} [1-9]/)
  expect(page).toMatch(/headgate_quota_shed_total\{[^}]*\} [1-9]/)
  expect(page).not.toContain('sk-')
})

test("Anthropic's SDK is told in its own words, and OpenAI's SDK waits as it is told", async () => {
  const apiKey = secrets.get('heavy') ?? ''
  const client = new Anthropic({ apiKey, baseURL: gateway.base, maxRetries: 0 })
  const call = () =>
    client.messages.create({ model: 'claude', max_tokens: 50, messages: [{ role: 'user', content }] }).then(
      () => undefined,
      (error: unknown) => error,
    )
  // The first answer tells the limit.
  expect(await call()).toBeUndefined()
  const errors = (await Promise.all(Array.from({ length: 250 }, call))).filter((error) => error !== undefined)
  const busy = errors.find((error) => error instanceof Anthropic.RateLimitError && /lets it use/.test(error.message))
  expect(busy).toMatchObject({ error: { error: { type: 'rate_limit_error' } } })
  const patient = new OpenAI({ apiKey, baseURL: `${gateway.base}/v1`, maxRetries: 5 })
  const flood = Array.from({ length: 30 }, () => chat('heavy'))
  const { choices } = await patient.chat.completions.create({
    model: 'fast',
    messages: [{ role: 'user', content }],
    max_tokens: 50,
  })
  expect(choices[0]?.message.content).toBe('Hello.')
  await Promise.all(flood)
}, 60_000)
