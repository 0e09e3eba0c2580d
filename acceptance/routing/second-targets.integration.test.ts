// What callers see when the target of a model fails: another target, a wait, a fallback; and what the history tells about it.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { busyness } from '../../shared/test-load.ts'
import type { Told } from '../http.ts'
import { chunksInAll, type RoutingRig, startRoutingRig } from './routing-rig.ts'
import { expectRefusal, frames } from './told-answers.ts'

let rig: RoutingRig
let chat: RoutingRig['chat']

beforeAll(async () => {
  rig = await startRoutingRig()
  chat = rig.chat
})
afterAll(() => rig?.stop())
beforeEach(() => rig.mock.reset())

/** Served by: provider, its model, attempts, fallback index. */
function way({ headers }: Told): (string | null)[] {
  return ['provider', 'model', 'attempts', 'fallback-index'].map((name) => headers.get(`x-headgate-${name}`))
}

describe('a second target', () => {
  test.each(['500', '429', '401', 'html', 'hang', 'cut', 'connect', 'reset', 'garble'])(
    'serves after %s',
    async (fault) => {
      const told = await chat(`second-after-${fault}`)
      expect([told.status, ...way(told)]).toEqual([200, 'mock', 'gpt-x', '2', '0'])
      expect(told.json.choices[0].message.content).toContain('Hello')
    },
  )

  test.each(['500', '429', 'hang', 'reset', 'error-event'])('streams after %s', async (fault) => {
    const told = await chat(`second-after-${fault}`, { stream: true })
    expect([told.status, ...way(told)]).toEqual([200, 'mock', 'gpt-x', '2', '0'])
    expect(frames(told.text)).toHaveLength(18)
    expect(told.text).not.toContain('"error"')
  })

  test('is not tried for what is the fault of the request (wire 94, 95)', async () => {
    const told = await chat('never-retried')
    expectRefusal(told, 422, null)
    expect((await rig.mock.ledger()).requests).toBe(1)
  })

  test('is not tried when the caller asks for no retries', async () => {
    expectRefusal(await chat('second-after-500', {}, { 'x-headgate-retries': '0' }), 502, 'upstream_error')
    expect((await rig.mock.ledger()).requests).toBe(1)
  })
})

describe('waiting', () => {
  test('a short retry-after is waited for (wire 94)', async () => {
    const startedMs = performance.now()
    expectRefusal(await chat('waits-a-second'), 429, 'rate_limit_exceeded', true)
    expect(performance.now() - startedMs).toBeGreaterThan(990)
    expect((await rig.mock.ledger()).requests).toBe(2)
  })

  test('a long retry-after is left to the caller (wire 94)', async () => {
    const startedMs = performance.now()
    const told = await chat('does-not-wait')
    expectRefusal(told, 429, 'rate_limit_exceeded', true)
    expect(performance.now() - startedMs).toBeLessThan(10_000 * busyness())
    expect([told.headers.get('retry-after'), told.headers.get('retry-after-ms')]).toEqual(['30', '30000'])
    expect((await rig.mock.ledger()).requests).toBe(1)
  })

  test('when all are limited, the caller gets the smallest wait', async () => {
    const told = await chat('all-limited')
    expectRefusal(told, 429, 'rate_limit_exceeded', true)
    expect([told.json.error.type, told.headers.get('retry-after')]).toEqual(['requests', '4'])
  })

  test('when one is limited and one is broken, it is not for the caller to wait', async () => {
    expectRefusal(await chat('limited-and-broken'), 502, 'upstream_error')
  })
})

describe('fallbacks', () => {
  test('of the configuration are tried in order', async () => {
    const told = await chat('falls-back')
    expect([told.status, ...way(told)]).toEqual([200, 'mock', 'gpt-x', '3', '2'])
  })

  test('of the request are tried in order, and the list goes no further than the gateway', async () => {
    const told = await chat('broken', { models: ['broken', 'does-not-wait', 'plain'] })
    expect([told.status, ...way(told)]).toEqual([200, 'mock', 'gpt-x', '3', '2'])
    expect(Object.keys(JSON.parse((await rig.mock.requests()).at(-1)!.body))).toEqual(['model', 'messages'])
  })

  test('can stand alone, without a model', async () => {
    const told = await chat('unused', { model: undefined, models: ['broken', 'plain'] })
    expect([told.status, ...way(told)]).toEqual([200, 'mock', 'gpt-x', '2', '1'])
  })

  test('that are unknown are refused before anything is asked', async () => {
    expect((await chat('plain', { models: ['plain', 'nonesuch'] })).status).toBe(404)
    expect((await rig.mock.ledger()).requests).toBe(0)
  })
})

test('weights of 70 and 30 hold', async () => {
  const requests = 1_000
  let left = requests
  const seen: string[] = []
  const lane = async () => {
    while (left-- > 0) seen.push((await chat('weighted')).headers.get('x-headgate-model') ?? '')
  }
  await Promise.all(Array.from({ length: 16 }, lane))
  const first = seen.filter((name) => name === 'gpt-70').length
  // Five standard deviations of a binomial draw: a fair router fails this once in two million runs.
  const allowed = 5 * Math.sqrt(requests * 0.7 * 0.3)
  expect(seen).toHaveLength(requests)
  expect(Math.abs(first - requests * 0.7)).toBeLessThan(allowed)
  expect(seen.filter((name) => name === 'gpt-30')).toHaveLength(requests - first)
})

test('what happened is told by the history: attempts, their outcomes, and who served (wire 102)', async () => {
  await chat('second-after-500', {}, { 'x-request-id': 'routing-history-1' })
  await expect.poll(async () => (await rig.gateway.admin('GET', '/requests/routing-history-1')).status).toBe(200)
  const { json } = await rig.gateway.admin('GET', '/requests/routing-history-1')
  expect(json).toMatchObject({ model: 'second-after-500', provider: 'mock', httpStatus: 200, status: 'ok' })
  expect(json.attempts).toMatchObject([{ outcome: 'http-error' }, { outcome: 'ok' }])
})

test('a stream that its caller left is in the history, with what had come of it (wire 101, 102)', async () => {
  const controller = new AbortController()
  const answer = await fetch(`${rig.gateway.base}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: rig.authorization, 'content-type': 'application/json', 'x-request-id': 'routing-left-1' },
    body: JSON.stringify({ model: 'paced', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
    signal: controller.signal,
  })
  const reader = answer.body!.getReader()
  let told = ''
  for (let i = 0; i < 5; i++) told += Buffer.from((await reader.read()).value ?? []).toString()
  controller.abort()
  const history = () => rig.gateway.admin('GET', '/requests/routing-left-1')
  await expect.poll(async () => (await history()).status).toBe(200)
  const { json } = await history()
  expect(json).toMatchObject({ status: 'client-aborted', estimated: true, attempts: [{ outcome: 'aborted' }] })
  const chunksTold = told.split('data: ').length - 1
  expect(json.outputTokens).toBeGreaterThanOrEqual(chunksTold)
  expect(json.outputTokens).toBeLessThan(chunksInAll)
})
