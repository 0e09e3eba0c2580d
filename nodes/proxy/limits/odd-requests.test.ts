// Requests and limits that nobody would write: what they reserve, and what callers are told.
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
let gateway: TestGateway
let gossip: Gossip

beforeEach(async () => {
  clock = new ManualClock(noon)
  gossip = new Gossip({ node: 'n1', boot: 1, bus: new LocalBus(), clock })
  const limits = new Limits({ gossip, clock, hashKey: new Uint8Array(32) })
  gateway = await TestGateway.open({ policies: [limits], clock })
})

function answered(asked: AskedCall = { body: question }) {
  const { reply } = gateway.call(asked)
  if (!reply.ended) gateway.upstream.last.answer(200, openAiChat.whole('hello'))
  return reply
}

const header = ({ headers }: { headers: readonly string[] }, name: string) => headers[headers.indexOf(name) + 1]

describe('a request reserves no less than nothing and no more than the limit holds', () => {
  const caps = ['max_tokens', 'max_completion_tokens', 'max_output_tokens']
  const all = (value: unknown) => Object.fromEntries(caps.map((name) => [name, value]))
  test.each<[string, object]>([
    ['a negative cap', all(-1e15)],
    ['a cap of zero', all(0)],
    ['a cap beyond all numbers', all(1e308)],
    ['a cap that is text', all('many')],
    ['half a token', all(0.5)],
    ['a negative number of answers', { n: -1e15 }],
    ['a number of answers beyond all numbers', { n: 1e308 }],
    ['no answer at all', { n: 0, max_tokens: 1e308 }],
    ['many answers of nothing', { n: 1e308, ...all(-1) }],
  ])('%s', async (_, odd) => {
    await gateway.put('limits', 'tokens', { per: 'key', tokens: 1_000, window: '90d' })
    await gateway.put('limits', 'usd', { per: 'key', usd: 1, window: '90d' })
    const { reply } = gateway.call({ body: { ...question, ...odd } })
    const second = gateway.call({ body: { ...question, max_tokens: 1 } }).reply
    const open = [reply, second].filter(({ ended }) => !ended)
    expect(open.length).toBeGreaterThan(0)
    gateway.upstream.last.answer(200, openAiChat.whole('hello'))
    const left = Number(header(second.status === 200 ? second : reply, 'x-ratelimit-remaining-tokens'))
    expect(left).toBeGreaterThanOrEqual(0)
    expect(left).toBeLessThan(1_000)
  })
})

test.each<[string, object]>([
  ['negative', { prompt_tokens: -1e12, completion_tokens: -1e12 }],
  ['beyond all numbers', { prompt_tokens: 1e308, completion_tokens: 1e308 }],
])('an upstream that says it used %s tokens gives nobody more than the limit', async (_, usage) => {
  await gateway.put('limits', 'tokens', { per: 'key', tokens: 1_000, window: '1d' })
  await gateway.put('limits', 'usd', { per: 'key', usd: 1, window: '1d' })
  const { reply } = gateway.call({ body: question })
  gateway.upstream.last.answer(200, JSON.stringify({ ...(openAiChat.whole('hello') as object), usage }))
  expect(reply.status).toBe(200)
  const next = gateway.call({ body: { ...question, max_tokens: 1 } }).reply
  if (!next.ended) gateway.upstream.last.answer(200, openAiChat.whole('hello'))
  expect(Number(header(next, 'x-ratelimit-remaining-tokens'))).toBeLessThanOrEqual(1_000)
})

describe('a limit of a model that is named without its provider', () => {
  test.each([
    ['gpt-4o-mini', 'gpt-4o-mini'],
    ['gpt-4o-mini', 'up/gpt-4o-mini'],
    ['up/gpt-4o-mini', 'gpt-4o-mini'],
  ])('%s counts requests for %s', async (limited, model) => {
    await gateway.put('limits', 'one', { per: 'key', match: { model: limited }, requests: 1, window: '1h' })
    const asked = { body: { ...question, model } }
    expect([answered(asked).status, answered(asked).status]).toEqual([200, 429])
    expect(answered().status).toBe(200)
  })
})

describe('what callers are told', () => {
  test('of a window that ends while the answer is on its way', async () => {
    await gateway.put('limits', 'daily', { per: 'key', requests: 5, window: '1d' })
    clock.advance(43_199_000)
    const { reply } = gateway.call({ body: question })
    clock.advance(5_000)
    gateway.upstream.last.answer(200, openAiChat.whole('hello'))
    expect(header(reply, 'x-ratelimit-reset-requests')).toBe('0ms')
  })

  test('of a rolling limit that rejects: when it is full, and when there is room', async () => {
    await gateway.put('limits', 'few', { per: 'key', requests: 2, window: '1m' })
    expect([answered().status, answered().status]).toEqual([200, 200])
    const { reply } = gateway.call({ body: question })
    expect([header(reply, 'retry-after'), header(reply, 'x-ratelimit-reset-requests')]).toEqual(['30', '1m0s'])
    expect(reply.text).toContain('Try again in 30s.')
  })

  test('of tokens that are left, but too few', async () => {
    await gateway.put('limits', 'tokens', { per: 'key', tokens: 1_000, window: '1h' })
    gateway.call({ body: question })
    const { reply } = gateway.call({ body: question })
    expect([reply.status, header(reply, 'x-ratelimit-remaining-tokens')]).toEqual([429, '482'])
  })

  test('of the other limits, when one rejects', async () => {
    await gateway.put('limits', 'a-requests', { per: 'key', requests: 5, window: '1m' })
    await gateway.put('limits', 'b-tokens', { per: 'key', tokens: 600, window: '1h' })
    gateway.call({ body: question })
    const { reply } = gateway.call({ body: question })
    expect([reply.status, header(reply, 'x-ratelimit-remaining-requests')]).toEqual([429, '4'])
  })
})

test('a calendar limit of which only the share of a node is used up asks for a short wait', async () => {
  await gateway.put('limits', 'daily', { per: 'key', requests: 1_000, window: '1d' })
  const other = new Gossip({ node: 'n2', boot: 1, bus: new LocalBus(), clock })
  for (const hears of [gossip.node, gossip.node]) {
    const frame = other.node.nextFrame()
    if (frame !== undefined) hears.take(frame, clock.monotonicMs())
  }
  const replies = Array.from({ length: 600 }, () => answered())
  const refused = replies.find(({ status }) => status === 429)
  expect(refused && Number(header(refused, 'retry-after-ms'))).toBeLessThan(1_000)
})

test('a large body is read once, however many limits count its repetitions', async () => {
  const body = JSON.stringify({ ...question, messages: [{ role: 'user', content: 'x'.repeat(8_000_000) }] })
  const fastestMs = () => {
    const times = [1, 2, 3].map(() => {
      const startMs = performance.now()
      const { reply } = gateway.call({ body })
      const tookMs = performance.now() - startMs
      reply.leave()
      return tookMs
    })
    return Math.min(...times)
  }
  await gateway.put('limits', 'circle', { per: 'key', repeats: 1_000, window: '1h' })
  const one = fastestMs()
  for (let more = 0; more < 20; more++)
    await gateway.put('limits', `circle-${more}`, { per: 'key', repeats: 1_000, window: '1h' })
  expect(fastestMs()).toBeLessThan(one * 3 + 20)
})
