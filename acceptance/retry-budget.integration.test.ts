// A provider that fails for everybody is sent little more than its usual load, whatever callers and models ask for; another
// provider takes over for all.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ask, type Gateway, startGateway } from './gateway.ts'
import { providerAt } from './scripted-llm.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'
import { until } from './until.ts'

let failing: ScriptedUpstream
let working: ScriptedUpstream
let gateway: Gateway
let secret: string

const message = { role: 'assistant', content: 'hi' }
const answer = JSON.stringify({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})

beforeAll(async () => {
  failing = await startScriptedUpstream((_request, index) => ({
    status: 500,
    pieces: [JSON.stringify({ error: { message: `failure ${index}`, type: 'server_error', param: null, code: null } })],
  }))
  working = await startScriptedUpstream(() => ({ pieces: [answer] }))
  const at = (url: string, retryBudget?: object) => ({
    ...providerAt(url),
    ...(retryBudget === undefined ? {} : { retryBudget }),
  })
  const retries = { attempts: 3 }
  gateway = await startGateway({
    config: {
      providers: {
        failing: at(failing.url),
        strict: at(failing.url, { percent: 0, perSecond: 0 }),
        generous: at(failing.url, { percent: 1_000, perSecond: 1_000 }),
        working: at(working.url),
      },
      models: {
        alone: { targets: [{ provider: 'failing', model: 'm' }], retries },
        strict: { targets: [{ provider: 'strict', model: 'm' }], retries },
        generous: { targets: [{ provider: 'generous', model: 'm' }], retries: { attempts: 1 } },
        followed: { targets: [{ provider: 'strict', model: 'm' }], retries, fallbacks: ['spare'] },
        sibling: { targets: [{ provider: 'strict', model: 'm' }], retries, fallbacks: ['other'] },
        other: { targets: [{ provider: 'strict', model: 'other' }], retries },
        spare: { targets: [{ provider: 'working', model: 'm' }] },
      },
    },
  })
  secret = (await gateway.issueKey()).secret
})
afterAll(async () => {
  await gateway?.stop()
  await failing?.stop()
  await working?.stop()
})
beforeEach(() => {
  failing.seen.length = 0
  working.seen.length = 0
})

const chat = (model: string, more: object = {}) =>
  ask(
    `${gateway.base}/v1/chat/completions`,
    'POST',
    { model, messages: [{ role: 'user', content: 'hi' }], ...more },
    { authorization: `Bearer ${secret}` },
  )

async function attemptsOf(id: string | null) {
  const told = () => gateway.admin('GET', `/requests/${id}`)
  await until(async () => (await told()).status === 200, 10_000)
  return (await told()).json.attempts as { provider: string; retryWithheld?: true }[]
}

test('retries at a provider that fails are a share of its requests and some each second', async () => {
  const startMs = performance.now()
  const all = await Promise.all(Array.from({ length: 200 }, () => chat('alone')))
  const seconds = (performance.now() - startMs) / 1_000
  expect(all.map(({ status }) => status)).toEqual(all.map(() => 502))
  expect(failing.seen.length).toBeLessThanOrEqual(200 + 200 * 0.2 + 20 * (seconds + 1))
  expect(failing.seen.length).toBeGreaterThan(200)
}, 30_000)

test('where the budget is spent, the first error is told, and the record says so', async () => {
  const { status, json, headers } = await chat('strict')
  expect([status, failing.seen.length]).toEqual([502, 1])
  expect(json.error.code).toBe('upstream_error')
  expect(headers.get('x-headgate-attempts')).toBe('1')
  expect(await attemptsOf(headers.get('x-request-id'))).toMatchObject([{ provider: 'strict', retryWithheld: true }])
  await until(async () => {
    const metrics = await (await fetch(`${gateway.control}/metrics`)).text()
    return metrics.includes('headgate_retries_withheld_total{provider="strict"}')
  }, 10_000)
})

test('another provider takes over for every request: its first attempt is no retry', async () => {
  const all = await Promise.all(Array.from({ length: 100 }, () => chat('followed')))
  expect(all.map(({ status }) => status)).toEqual(all.map(() => 200))
  expect([failing.seen.length, working.seen.length]).toEqual([100, 100])
}, 30_000)

test('what an operator configured as a fallback is no retry, at the same provider either', async () => {
  const { status, headers } = await chat('sibling')
  expect([status, failing.seen.length, headers.get('x-headgate-fallback-index')]).toEqual([502, 2, '1'])
})

test('models that a caller lists are retries of a provider that was tried', async () => {
  const models = Array.from({ length: 10 }, (_, i) => `strict/m${i}`)
  expect((await chat('strict/m', { models })).status).toBe(502)
  expect(failing.seen).toHaveLength(1)
})

test('an operator may allow more', async () => {
  await Promise.all(Array.from({ length: 50 }, () => chat('generous')))
  expect(failing.seen).toHaveLength(100)
}, 30_000)
