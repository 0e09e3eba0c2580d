// Budgets as users of the official SDKs and operators of a single process meet them.
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { busyness } from '../../shared/test-load.ts'
import { type AnsweringUpstream, startAnsweringUpstream } from '../answering-upstream.ts'
import { ask, type Gateway, startGateway } from '../gateway.ts'
import { providerAt } from '../scripted-llm.ts'
import { until } from '../until.ts'
import { costUsd, price } from './budget-callers.ts'

let upstream: AnsweringUpstream
let gateway: Gateway
let config: object
beforeAll(async () => {
  upstream = await startAnsweringUpstream()
  config = {
    providers: { up: providerAt(upstream.url) },
    models: { fast: { targets: [{ provider: 'up', model: 'm', price }], retries: { attempts: 0 } } },
    teams: { small: {}, stopped: {}, killed: {} },
    budgets: {
      small: { team: 'small', usd: 0.0032, window: '1d', alertAt: [0.5] },
      stopped: { team: 'stopped', usd: 0.0052, window: '1mo', timeZone: 'Europe/Berlin' },
      killed: { team: 'killed', usd: 0.0052, window: '1mo', timeZone: 'Europe/Berlin' },
    },
  }
  gateway = await startGateway({ config })
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
})

const messages: { role: 'user'; content: string }[] = [{ role: 'user', content: 'hi' }]
const keyOf = async (team: string) => (await gateway.issueKey({ owner: { team } })).secret

async function statusOf(name: string) {
  const { json } = await gateway.admin('GET', '/budgets:status')
  return json.budgets.find((budget: { name: string }) => budget.name === name)
}

test("a spent budget is OpenAI's RateLimitError, and no SDK asks again", async () => {
  const apiKey = await keyOf('small')
  const client = new OpenAI({ apiKey, baseURL: `${gateway.base}/v1`, maxRetries: 2 })
  const create = () => client.chat.completions.create({ model: 'fast', messages, max_tokens: 5 })
  for (let call = 0; call < 3; call++) await create()
  const before = upstream.answered
  const startedMs = performance.now()
  const error = await create().catch((thrown) => thrown)
  expect(error).toBeInstanceOf(OpenAI.RateLimitError)
  expect([error.type, error.code]).toEqual(['insufficient_quota', 'budget_exceeded'])
  expect(error.message).toMatch(
    /The budget `small` of 0\.0032 USD in 1d .* 0\.003015 USD are spent.* It resets at \d{4}-/,
  )
  expect(error.headers.get('x-should-retry')).toBe('false')
  const claude = new Anthropic({ apiKey, baseURL: gateway.base, maxRetries: 2 })
  const told = await claude.messages.create({ model: 'fast', max_tokens: 5, messages }).catch((thrown) => thrown)
  expect(told).toBeInstanceOf(Anthropic.RateLimitError)
  expect(told.error.error.type).toBe('rate_limit_error')
  expect(performance.now() - startedMs).toBeLessThan(1_000 * busyness())
  expect(upstream.answered).toBe(before)
  // What the proxy has spent reaches the register within a second or so.
  await until(async () => (await statusOf('small')).spentUsd === 0.003015, 5_000)
  expect(await statusOf('small')).toMatchObject({
    mode: 'hard',
    spentUsd: 0.003015,
    limitUsd: 0.0032,
    alerted: [0.5],
  })
})

test.each(['SIGTERM', 'SIGKILL'] as const)('what was spent is spent after %s, and metrics tell it', async (signal) => {
  const team = signal === 'SIGTERM' ? 'stopped' : 'killed'
  const secret = await keyOf(team)
  const create = () => {
    const client = new OpenAI({ apiKey: secret, baseURL: `${gateway.base}/v1`, maxRetries: 0 })
    return client.chat.completions.create({ model: 'fast', messages, max_tokens: 5 })
  }
  for (let call = 0; call < 3; call++) await create()
  await gateway.kill(signal)
  gateway = await startGateway({ dataDir: gateway.dataDir, config })
  // Of a killed process what it had reserved for more is not known to be unspent.
  await until(async () => (await statusOf(team)).spentUsd >= 3 * costUsd - 1e-12, 5_000)
  const { spentUsd } = await statusOf(team)
  if (signal === 'SIGTERM') expect(spentUsd).toBeCloseTo(3 * costUsd, 9)
  else expect(spentUsd).toBeLessThan(0.0052)
  await create()
  await expect(create().then(create)).rejects.toBeInstanceOf(OpenAI.RateLimitError)
  const metrics = async () => (await ask(`${gateway.control}/metrics`, 'GET')).text
  await until(async () => /headgate_budget_rejected_total\{[^}]*\} [1-9]/.test(await metrics()), 5_000)
  expect(await metrics()).toMatch(new RegExp(`headgate_budget_limit_usd\\{[^}]*budget="${team}"[^}]*\\} 0\\.0052`))
})
