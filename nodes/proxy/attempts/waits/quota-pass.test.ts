// Attempts under a quota of their provider: they wait for it in turn, prefer another target, and leave nothing behind at any end.
import { beforeEach, describe, expect, test } from 'vitest'
import type { TestGateway } from '../../apis/test-gateway.ts'
import { Limits } from '../../limits/limits.ts'
import { anthropic, openAiChat } from '../../streams/test-streams.ts'
import { openAiRequests, openQuotaGateway, type QuotaGateway, quotaLeftovers, settled } from './test-quotas.ts'

const question = (model: string, more: object = {}) => ({
  model,
  messages: [{ role: 'user', content: 'four tokens here' }],
  max_tokens: 10,
  ...more,
})
const header = ({ headers }: { headers: readonly string[] }, name: string) => headers[headers.indexOf(name) + 1]

let all: QuotaGateway
let gateway: TestGateway
beforeEach(async () => {
  all = await openQuotaGateway()
  gateway = all.gateway
})

/** Makes the account at `up` known, with so many requests left of sixty in a minute. */
function learn(left: number, model = 'gpt'): void {
  gateway.call({ body: question(model) })
  gateway.upstream.last.answer(200, openAiChat.whole('hello'), openAiRequests(60, left))
}

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    all.clock.advance(50)
    await settled()
  }
}

test('an account whose provider tells no limits holds nobody up', () => {
  for (let count = 0; count < 50; count++) gateway.call({ body: question('gpt') })
  expect(gateway.upstream.calls.length).toBe(50)
  expect([...all.quotas.accounts]).toEqual([])
})

test('a request waits until the provider takes another one, and its wait counts as time of the upstream', async () => {
  learn(0)
  const { reply } = gateway.call({ body: question('gpt') })
  expect([gateway.upstream.calls.length, quotaLeftovers(all.quotas).waiting]).toEqual([1, 1])
  await pass(1_200)
  expect(gateway.upstream.calls.length).toBe(2)
  gateway.upstream.last.answer(200, openAiChat.whole('hello'))
  expect(reply.status).toBe(200)
  expect(Number(header(reply, 'x-headgate-upstream-ms'))).toBeGreaterThan(900)
  expect(quotaLeftovers(all.quotas)).toEqual({ open: 0, waiting: 0 })
  const [free, waited] = gateway.attempts
  expect([free?.queuedUs, (waited?.queuedUs ?? 0) > 900_000]).toEqual([undefined, true])
})

test('who is sent away is recorded with the provider', async () => {
  learn(0)
  for (let count = 0; count < 9; count++) gateway.call({ body: question('gpt') })
  await settled()
  const shed = gateway.outcome.recorder.records.filter(({ status }) => status !== 'ok')
  expect(shed[0]).toMatchObject({ errorCode: 'rate_limit_exceeded', limitedBy: 'providers/up' })
})

describe('who would wait too long is told so at once, in its own dialect, with an honest wait', () => {
  test.each([
    ['/v1/chat/completions', 429, { error: { code: 'rate_limit_exceeded', type: 'requests' } }],
    ['/v1/messages', 429, { type: 'error', error: { type: 'rate_limit_error' } }],
  ])('%s', async (path, status, told) => {
    learn(0)
    const replies = Array.from({ length: 9 }, () => gateway.call({ path, body: question('gpt') }).reply)
    await settled()
    const shed = replies.filter((reply) => reply.ended)
    expect(shed.length).toBeGreaterThan(2)
    expect(shed[0]?.status).toBe(status)
    expect(JSON.parse(shed[0]?.text ?? '')).toMatchObject(told)
    const waitMs = Number(header(shed[0]!, 'retry-after-ms'))
    expect([waitMs > 4_500, waitMs < 9_000, header(shed[0]!, 'x-should-retry')]).toEqual([true, true, 'true'])
    await pass(10_000)
    expect(quotaLeftovers(all.quotas).waiting).toBe(0)
  })
})

test('another target of the model goes before', () => {
  gateway.call({ body: question('pair') })
  gateway.upstream.last.answer(200, openAiChat.whole('hello'), openAiRequests(60, 0))
  gateway.call({ body: question('pair') })
  expect(gateway.upstream.last.request.origin.host).toBe('spare.example')
  expect(gateway.upstream.calls.length).toBe(2)
})

test('a target that was passed over for another one is tried when that one fails', async () => {
  gateway.call({ body: question('pair') })
  gateway.upstream.last.answer(200, openAiChat.whole('hello'), openAiRequests(60, 0))
  gateway.call({ body: question('pair') })
  gateway.upstream.last.answer(500, { error: { message: 'no' } })
  await pass(2_000)
  expect(gateway.upstream.calls.map(({ request }) => request.origin.host)).toEqual([
    'api.openai.com',
    'spare.example',
    'api.openai.com',
  ])
})

test('a fallback serves who would wait too long', async () => {
  await gateway.put('models', 'gpt', {
    targets: [{ provider: 'up', model: 'gpt-4o' }],
    fallbacks: ['claude'],
    timeouts: { queue: '0s' },
  })
  learn(0)
  gateway.call({ body: question('gpt') })
  await pass(100)
  expect(gateway.upstream.last.request.origin.host).toBe('api.anthropic.com')
})

test('of two credentials the one with room is used', async () => {
  const credentials = ['one', 'two'].map((name) => ({ name, apiKey: `sk-0123456789-${name}` }))
  await gateway.put('providers', 'up', { kind: 'openai', credentials })
  learn(0)
  gateway.call({ body: question('gpt') })
  const lines = gateway.upstream.calls.map(({ request }) => /sk-0123456789-\w+/.exec(request.headerLines)?.[0])
  expect(lines).toEqual(['sk-0123456789-one', 'sk-0123456789-two'])
})

test('declared quotas are enforced from the first request on', async () => {
  const credentials = [{ name: 'main', apiKey: 'sk-0123456789-abcdef' }]
  await gateway.put('providers', 'up', { kind: 'openai', credentials, quota: { requests: 60 } })
  for (let count = 0; count < 8; count++) gateway.call({ body: question('gpt') })
  expect(gateway.upstream.calls.length).toBe(6)
  expect(quotaLeftovers(all.quotas).waiting).toBe(2)
})

/** An answer that the provider gives for its limits. */
function limited(seconds: string): void {
  gateway.call({ body: question('gpt') })
  gateway.upstream.last.answer(429, { error: { message: 'slow down' } }, { 'retry-after': seconds })
}

function afterLearning(): void {
  learn(30)
  limited('2')
}

test.each([
  ['a 429 of a provider that tells its limits', afterLearning, 2],
  ['four of one that tells none', () => void [1, 2, 3, 4].map(() => limited('2')), 4],
])('%s: further attempts wait for as long as the provider asks', async (_, learned, sent) => {
  learned()
  gateway.call({ body: question('gpt') })
  expect(gateway.upstream.calls.length).toBe(sent)
  await pass(1_900)
  expect(gateway.upstream.calls.length).toBe(sent)
  await pass(300)
  expect(gateway.upstream.calls.length).toBe(sent + 1)
})

test('a single 429 of a provider that tells no limits stops nobody', () => {
  limited('26')
  const { reply } = gateway.call({ body: question('gpt') })
  gateway.upstream.last.answer(200, openAiChat.whole('hello'))
  expect(reply.status).toBe(200)
})

test('a provider whose limit is used up is left alone after its first 429, whatever it asks for', async () => {
  learn(30)
  gateway.call({ body: question('gpt') })
  gateway.upstream.last.answer(429, { error: { message: 'slow down' } }, openAiRequests(60, 0))
  gateway.call({ body: question('gpt') })
  expect(gateway.upstream.calls.length).toBe(2)
})

test('a 429 that asks for no wait, without a limit that is used up, is of one request alone', () => {
  learn(30)
  gateway.call({ body: question('gpt') })
  gateway.upstream.last.answer(429, { error: { message: 'Request too large.' } }, openAiRequests(60, 29))
  gateway.call({ body: question('gpt') })
  expect(gateway.upstream.calls.length).toBe(3)
})

test('a 429 that tells of limits that no other answer has told of says nothing of the account', () => {
  gateway.call({ body: question('gpt') })
  gateway.upstream.last.answer(429, { error: { message: 'no' } }, { ...openAiRequests(60, 0), 'retry-after': '7' })
  gateway.call({ body: question('gpt') })
  expect(gateway.upstream.calls.length).toBe(2)
})

test('where the provider asks for longer than anybody waits, callers are told what is left of that time', async () => {
  learn(30)
  limited('30')
  await pass(10_000)
  const { reply } = gateway.call({ body: question('gpt') })
  await settled()
  expect([reply.status, gateway.upstream.calls.length]).toEqual([429, 2])
  expect(Number(header(reply, 'retry-after'))).toBeLessThanOrEqual(20)
})

describe('nothing is left behind at any end', () => {
  const ends: [string, (of: { call: ReturnType<TestGateway['call']> }) => void | Promise<void>][] = [
    ['a whole answer', () => void gateway.upstream.last.answer(200, openAiChat.whole('hello'))],
    ['an error of the provider', () => void gateway.upstream.last.answer(500, { error: { message: 'no' } })],
    ['a rejection', () => void gateway.upstream.last.answer(400, { error: { message: 'no' } })],
    ['a 429', () => void gateway.upstream.last.answer(429, { error: { message: 'no' } })],
    ['no connection', () => void gateway.upstream.last.fail('connect')],
    ['a reset', () => void gateway.upstream.last.fail('reset')],
    ['a broken answer', () => void gateway.upstream.last.answer(200, 'nothing that anybody could read')],
    ['a caller that leaves', ({ call }) => call.reply.leave()],
    ['a key that is revoked', () => gateway.revokeKey()],
    ['a timeout', () => pass(601_000)],
  ]
  test.each(ends)('%s', async (_, end) => {
    learn(30)
    const call = gateway.call({ body: question('gpt') })
    expect(quotaLeftovers(all.quotas).open).toBe(1)
    await end({ call })
    await settled()
    expect(quotaLeftovers(all.quotas)).toEqual({ open: 0, waiting: 0 })
    expect(gateway.leftovers).toEqual({ inFlight: 0, armed: 0, live: 0 })
  })

  test.each<[string, (call: ReturnType<TestGateway['call']>) => void | Promise<void>]>([
    ['a caller that leaves the queue', ({ reply }) => reply.leave()],
    ['a key that is revoked in the queue', () => gateway.revokeKey()],
  ])('%s', async (_, end) => {
    learn(30)
    limited('3')
    const call = gateway.call({ body: question('gpt') })
    expect(quotaLeftovers(all.quotas).waiting).toBe(1)
    await end(call)
    await settled()
    expect(quotaLeftovers(all.quotas)).toEqual({ open: 0, waiting: 0 })
    expect(gateway.leftovers).toEqual({ inFlight: 0, armed: 0, live: 0 })
  })

  test('a stream that is cut', async () => {
    learn(30)
    const { reply } = gateway.call({ body: question('gpt', { stream: true }) })
    gateway.upstream.last.stream(openAiChat.opening, openAiChat.word('hel'))
    reply.leave()
    await settled()
    expect(quotaLeftovers(all.quotas)).toEqual({ open: 0, waiting: 0 })
  })
})

test('tokens that Anthropic reads from its cache are not counted', () => {
  const told = (left: number) => ({
    'anthropic-ratelimit-input-tokens-limit': '1000',
    'anthropic-ratelimit-input-tokens-remaining': String(left),
  })
  gateway.call({ path: '/v1/messages', body: question('claude') })
  gateway.upstream.last.answer(200, anthropic.whole('hello'), told(900))
  const [limit] = [...all.quotas.accounts].flatMap(({ limits }) => [...limits.values()])
  expect(limit?.remaining(all.clock.monotonicMs())).toBe(900)
})

test('what was taken is given back where a limit of ours has no room for the attempt', async () => {
  const hashKey = new Uint8Array(32)
  all = await openQuotaGateway({ policiesOf: (gossip, clock) => [new Limits({ gossip, clock, hashKey })] })
  gateway = all.gateway
  await gateway.put('limits', 'one', { per: 'provider', requests: 1, window: '1h' })
  learn(30)
  const { reply } = gateway.call({ body: question('gpt') })
  expect([reply.status, gateway.upstream.calls.length]).toEqual([429, 1])
  expect(quotaLeftovers(all.quotas)).toEqual({ open: 0, waiting: 0 })
})
