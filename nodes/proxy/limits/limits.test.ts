// Limits in a whole pipeline: what passes, what is rejected and with which wait, and what is given back.
import { beforeEach, describe, expect, test } from 'vitest'
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { Gossip } from '../../../cluster/gossip/gossip.ts'
import { ManualClock } from '../../../shared/clock.ts'
import { type AskedCall, TestGateway } from '../apis/test-gateway.ts'
import { openAiChat } from '../streams/test-streams.ts'
import { Limits } from './limits.ts'

const question = { model: 'gpt', messages: [{ role: 'user', content: 'four tokens here' }] }
const noon = Date.parse('2026-11-30T12:00:00Z')

let clock: ManualClock
let limits: Limits
let gateway: TestGateway

beforeEach(async () => {
  clock = new ManualClock(noon)
  const gossip = new Gossip({ node: 'n1', boot: 1, bus: new LocalBus(), clock })
  limits = new Limits({ gossip, clock, hashKey: new Uint8Array(32) })
  gateway = await TestGateway.open({ policies: [limits], clock })
})

/** The answer to a request whose upstream answers with 7 input and 3 output tokens. */
function answered(asked: AskedCall = { body: question }) {
  const { reply } = gateway.call(asked)
  if (!reply.ended) gateway.upstream.last.answer(200, openAiChat.whole('hello'))
  return reply
}

const statuses = (count: number, asked?: AskedCall) => Array.from({ length: count }, () => answered(asked).status)

const header = ({ headers }: { headers: readonly string[] }, name: string) => headers[headers.indexOf(name) + 1]

describe('requests', () => {
  test('beyond the limit are rejected, in the dialect of the caller and with the wait', async () => {
    await gateway.put('limits', 'few', { per: 'key', requests: 2, window: '1m' })
    expect(statuses(2)).toEqual([200, 200])
    const { reply } = gateway.call({ body: question })
    expect(reply.status).toBe(429)
    expect(JSON.parse(reply.text).error).toMatchObject({ type: 'requests', code: 'rate_limit_exceeded' })
    expect(reply.text).toContain('The limit `few` of 2 requests in 1m per key is reached')
    expect(header(reply, 'retry-after')).toBe('30')
    expect(header(reply, 'retry-after-ms')).toBe('30000')
    expect(header(reply, 'x-should-retry')).toBe('true')
  })

  test('pass again as the window rolls on', async () => {
    await gateway.put('limits', 'few', { per: 'key', requests: 2, window: '1m' })
    expect(statuses(3)).toEqual([200, 200, 429])
    clock.advance(30_000)
    expect(statuses(2)).toEqual([200, 429])
    clock.advance(3_600_000)
    expect(statuses(3)).toEqual([200, 200, 429])
  })

  test('of a day pass again when the day ends in its time zone', async () => {
    await gateway.put('limits', 'daily', { per: 'team', requests: 1, window: '1d', timeZone: 'Europe/Berlin' })
    expect(statuses(2)).toEqual([200, 429])
    clock.advance(10.99 * 3_600_000)
    expect(header(gateway.call({ body: question }).reply, 'retry-after')).toBe('36')
    clock.advance(36_000)
    expect(statuses(2)).toEqual([200, 429])
  })

  test('are told what is left, on success too', async () => {
    await gateway.put('limits', 'few', { per: 'key', requests: 4, window: '1m' })
    await gateway.put('limits', 'fewer', { per: 'team', requests: 3, window: '1h' })
    const { headers } = answered()
    expect(header({ headers }, 'x-ratelimit-limit-requests')).toBe('3')
    expect(header({ headers }, 'x-ratelimit-remaining-requests')).toBe('2')
    expect(header({ headers }, 'x-ratelimit-reset-requests')).toBe('20m0s')
  })

  test("are told so in Anthropic's words on its routes", async () => {
    await gateway.put('limits', 'few', { per: 'key', requests: 1, window: '1m' })
    const body = { model: 'claude', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }
    const asked = { path: '/v1/messages', body }
    const first = gateway.call(asked).reply
    gateway.upstream.last.answer(
      200,
      '{"type":"message","role":"assistant","content":[],"usage":{"input_tokens":1,"output_tokens":1}}',
    )
    expect(header(first, 'anthropic-ratelimit-requests-remaining')).toBe('0')
    const { reply } = gateway.call(asked)
    expect(JSON.parse(reply.text).error.type).toBe('rate_limit_error')
    expect(header(reply, 'anthropic-ratelimit-requests-limit')).toBe('1')
    expect(header(reply, 'anthropic-ratelimit-requests-reset')).toBe('2026-11-30T12:01:00.000Z')
  })

  test('that no attempt was made for do not count', async () => {
    await gateway.put('limits', 'few', { per: 'key', requests: 1, window: '1m' })
    await gateway.put('limits', 'none', { per: 'team', match: { model: 'pair' }, requests: 1, window: '1m' })
    expect(answered({ body: { ...question, model: 'pair' } }).status).toBe(200)
    clock.advance(60_000)
    // The second limit rejects, and the first gets its place back.
    await gateway.put('limits', 'none', { per: 'team', match: { model: 'pair' }, inputTokens: 1, window: '90d' })
    expect(statuses(1, { body: { ...question, model: 'pair' } })).toEqual([200])
    clock.advance(60_000)
    expect(gateway.call({ body: { ...question, model: 'pair' } }).reply.status).toBe(429)
    expect(answered().status).toBe(200)
  })
})

describe('who counts', () => {
  test.each<[string, object, object, number[]]>([
    ['another team', { per: 'team', match: { team: 'other' } }, {}, [200, 200]],
    ['the team', { per: 'team', match: { team: 'search' } }, {}, [200, 429]],
    ['the cost centre', { per: 'costCenter', match: { costCenter: '4711' } }, {}, [200, 429]],
    ['another model', { per: 'org', match: { model: 'claude' } }, {}, [200, 200]],
    ['a model', { per: 'model', match: { model: 'gpt' } }, {}, [200, 429]],
    ['a user that nobody names', { per: 'user' }, {}, [200, 200]],
    ['a user that the caller names', { per: 'user' }, { 'x-headgate-user': 'ann' }, [200, 429]],
    ['a label that nobody has', { per: 'metadata.stage' }, {}, [200, 200]],
    ['a tier that nobody has', { per: 'team', match: { tier: 'premium' } }, {}, [200, 200]],
  ])('%s', async (_, limit, headers, expected) => {
    await gateway.put('teams', 'other', {})
    await gateway.put('limits', 'one', { ...limit, requests: 1, window: '1m' })
    expect(statuses(2, { body: question, headers: headers as Record<string, string> })).toEqual(expected)
  })

  test('a tier and a label of the team count its keys', async () => {
    await gateway.put('teams', 'search', { tier: 'free', metadata: { stage: 'test' } })
    await gateway.put('limits', 'free', { per: 'metadata.stage', match: { tier: 'free' }, requests: 1, window: '1m' })
    expect(statuses(2)).toEqual([200, 429])
  })

  test('an override gives one subject another amount', async () => {
    await gateway.put('limits', 'one', { per: 'user', requests: 1, window: '1m', overrides: { ann: 3 } })
    expect(statuses(2, { body: question, headers: { 'x-headgate-user': 'bob' } })).toEqual([200, 429])
    expect(statuses(4, { body: question, headers: { 'x-headgate-user': 'ann' } })).toEqual([200, 200, 200, 429])
  })
})

describe('tokens', () => {
  test('are reserved by estimate and settled on what was used', async () => {
    await gateway.put('limits', 'tokens', { per: 'key', tokens: 1_000, window: '1h' })
    const reply = answered()
    expect(header(reply, 'x-ratelimit-limit-tokens')).toBe('1000')
    // 512 output tokens and 6 of input are reserved while it runs; 10 were used.
    expect(header(reply, 'x-ratelimit-remaining-tokens')).toBe('482')
    expect(header(answered(), 'x-ratelimit-remaining-tokens')).toBe('472')
  })

  test('of a small limit let one request through, whatever it may use', async () => {
    await gateway.put('limits', 'tokens', { per: 'key', tokens: 10, window: '1h' })
    expect(statuses(2)).toEqual([200, 429])
  })

  test('that the caller caps are reserved no higher', async () => {
    await gateway.put('limits', 'tokens', { per: 'key', outputTokens: 1_000, window: '1h' })
    const capped = answered({ body: { ...question, max_tokens: 20, max_completion_tokens: 30 } })
    expect(header(capped, 'x-ratelimit-remaining-tokens')).toBe('970')
  })

  test('are given back when the request fails', async () => {
    await gateway.put('limits', 'tokens', { per: 'key', tokens: 600, window: '90d' })
    for (const status of [500, 500, 500]) {
      const { reply } = gateway.call({ body: question })
      gateway.upstream.last.answer(status, '{}')
      expect(reply.status).toBe(502)
    }
  })
})

test('cost is reserved by the price and settled on what was paid', async () => {
  // Ten answers cost 13,000 nano-dollars each; one more is reserved at 1,029,000.
  await gateway.put('limits', 'usd', { per: 'team', usd: 0.0012, window: '1mo' })
  const before = statuses(14)
  expect(before).toEqual([...Array(14).fill(200)])
  expect(gateway.call({ body: question }).reply.text).toContain('of 0.0012 USD in 1mo for team `search`')
})

test('requests at the same time are bounded, and their places given back on every way out', async () => {
  await gateway.put('limits', 'two', { per: 'key', concurrency: 2 })
  const [first] = [gateway.call({ body: question }), gateway.call({ body: question })]
  const refused = gateway.call({ body: question }).reply
  expect([refused.status, header(refused, 'retry-after')]).toEqual([429, '1'])
  expect(refused.text).toContain('of 2 requests at the same time per key')
  first?.reply.leave()
  const next = gateway.call({ body: question })
  expect(next.reply.status).toBe(0)
  gateway.upstream.last.answer(500, '{}')
  expect(next.reply.status).toBe(502)
  expect(answered().status).toBe(200)
  expect(gateway.leftovers.inFlight).toBe(1)
})

test('a limit that only reports lets through, and counts what it would have rejected', async () => {
  await gateway.put('limits', 'watch', { per: 'key', requests: 1, window: '1m', mode: 'report' })
  expect(statuses(3)).toEqual([200, 200, 200])
  expect([...limits.exceeded]).toEqual([['watch report', 2]])
})

test.each([
  ['key', '/v1/chat/completions', 'gpt'],
  ['key', '/v1/messages', 'gpt'],
  ['provider', '/v1/chat/completions', 'gpt'],
])('callers are not told of a limit per %s that only reports, at %s', async (per, path, model) => {
  await gateway.put('limits', 'watch', { per, requests: 1, window: '1m', mode: 'report' })
  await gateway.put('limits', 'watch-tokens', { per, tokens: 1_000, window: '1m', mode: 'report' })
  const { reply } = gateway.call({ path, body: { model, max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] } })
  gateway.upstream.last.answer(200, openAiChat.whole('hello'))
  expect([reply.status, reply.headers.filter((name) => name.includes('ratelimit'))]).toEqual([200, []])
})

test('what was used survives a change of the configuration and of the amount', async () => {
  await gateway.put('limits', 'few', { per: 'key', requests: 2, window: '1d' })
  expect(statuses(2)).toEqual([200, 200])
  await gateway.put('teams', 'else', {})
  expect(statuses(1)).toEqual([429])
  await gateway.put('limits', 'few', { per: 'key', requests: 3, window: '1d' })
  expect(statuses(2)).toEqual([200, 429])
})

test('a request that no limit counts pays one look', () => {
  expect(answered().headers.join()).not.toContain('ratelimit')
})

describe('requests that are no inference', () => {
  test.each<[string, AskedCall]>([
    ['a list of files', { method: 'GET', path: '/v1/files' }],
    ['a file', { method: 'GET', path: '/v1/files/file-x' }],
    ['a list of batches', { method: 'GET', path: '/v1/batches' }],
    ['a stored response', { method: 'GET', path: '/v1/responses/resp_1' }],
  ])('%s is counted, and one beyond the limit is rejected', async (_, asked) => {
    await gateway.put('limits', 'places', { per: 'key', concurrency: 5 })
    await gateway.put('limits', 'report', { per: 'key', requests: 1, window: '1h', mode: 'report' })
    gateway.call(asked)
    await gateway.put('limits', 'one', { per: 'key', concurrency: 1 })
    const open = gateway.call({ body: question })
    const { reply } = gateway.call(asked)
    expect(reply.status).toBe(429)
    expect(reply.text).toContain('The limit `one` of 1 request at the same time')
    gateway.upstream.last.answer(200, openAiChat.whole('hello'))
    expect(open.reply.status).toBe(200)
    expect(gateway.call(asked).reply.status).not.toBe(429)
  })

  test('tokens and cost do not concern them', async () => {
    await gateway.put('limits', 'tokens', { per: 'key', tokens: 5, window: '1h' })
    expect(statuses(2)).toEqual([200, 429])
    expect(gateway.call({ method: 'GET', path: '/v1/files/file-x' }).reply.status).toBe(404)
  })
})

describe('runaway agents', () => {
  const session = (name: string) => ({ body: question, headers: { 'x-headgate-session-id': name } })

  test('a session has a count of its own, and a request without one has none', async () => {
    await gateway.put('limits', 'steps', { per: 'session', requests: 2, window: '1d' })
    expect(statuses(3, session('run-1'))).toEqual([200, 200, 429])
    expect(statuses(3, session('run-2'))).toEqual([200, 200, 429])
    expect(statuses(3)).toEqual([200, 200, 200])
  })

  test('the same request again and again is rejected, another one is not', async () => {
    await gateway.put('limits', 'circle', { per: 'session', repeats: 2, window: '1m' })
    expect(statuses(3, session('run-1'))).toEqual([200, 200, 429])
    const other = { ...session('run-1'), body: { ...question, temperature: 0 } }
    expect(statuses(3, other)).toEqual([200, 200, 429])
    const { text } = gateway.call(session('run-1')).reply
    expect(text).toContain('The limit `circle` of 2 requests with the same body in 1m per session is reached')
    expect(statuses(1, session('run-2'))).toEqual([200])
  })
})
