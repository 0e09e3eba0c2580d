// Whatever the end of a request is, nothing stays reserved: places are free again, and tokens are charged as they were used.
import { beforeEach, expect, test } from 'vitest'
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { Gossip } from '../../../cluster/gossip/gossip.ts'
import { ManualClock } from '../../../shared/clock.ts'
import { TestGateway } from '../apis/test-gateway.ts'
import type { Policy } from '../policies/policy.ts'
import type { TestReply } from '../request/test-request.ts'
import { openAiChat } from '../streams/test-streams.ts'
import type { ScriptedCall } from '../upstream/test-upstream.ts'
import { Limits } from './limits.ts'

let clock: ManualClock
let gossip: Gossip
let gateway: TestGateway
/** What a policy behind the limits does. */
let later: 'nothing' | 'rejects' | 'throws' | 'breaks the stream'

beforeEach(async () => {
  later = 'nothing'
  clock = new ManualClock(Date.parse('2026-11-30T12:00:00Z'))
  gossip = new Gossip({ node: 'n1', boot: 1, bus: new LocalBus(), clock })
  const limits = new Limits({ gossip, clock, hashKey: new Uint8Array(32) })
  gateway = await TestGateway.open({ policies: [limits, behind], clock })
  const window = '90d'
  await gateway.put('limits', 'a-place', { per: 'key', concurrency: 5 })
  await gateway.put('limits', 'b-place', { per: 'target', concurrency: 5 })
  await gateway.put('limits', 'c-tokens', { per: 'key', tokens: 9_000, window, onExhausted: 'cut', overdraft: 0 })
  await gateway.put('limits', 'd-tokens', { per: 'provider', tokens: 9_000, window })
})

const behind: Policy = {
  name: 'behind',
  governs: () => later !== 'nothing',
  decide(_, asked) {
    if (later === 'rejects') return { type: 'reject', error: { type: 'no-config' } }
    if (later === 'throws') throw new Error('it is broken')
    return { type: 'proceed', asked, filter: () => () => expect.fail('it is broken') }
  },
}

const stream = (call: ScriptedCall, ...more: string[]) =>
  call.stream(openAiChat.opening, openAiChat.word('hello'), ...more)
const long = openAiChat.word('word '.repeat(2_000))

type Ends = (call: ScriptedCall, reply: TestReply) => unknown

/** The ends of requests that have reached an upstream, with the tokens that are charged. */
const ends: Record<string, [Ends, number]> = {
  'a whole answer': [(call) => call.answer(200, openAiChat.whole('hello')), 10],
  'an answer without usage': [(call) => call.answer(200, { ...openAiChat.whole('hello'), usage: undefined }), 8],
  'a stream': [(call) => stream(call, openAiChat.closing).end(), 10],
  'a stream that gets long': [(call) => stream(call, long, openAiChat.closing).end(), 10],
  'a stream that is cut': [(call) => stream(call, long, long, long, long, long, long), 9_000],
  'a rejection of the upstream': [(call) => call.answer(400, '{}'), 0],
  'an error of the upstream': [(call) => call.answer(500, '{}'), 0],
  'no connection': [(call) => call.fail('connect'), 0],
  'a connection that is lost': [(call) => call.fail('reset'), 0],
  'an answer that is none': [(call) => call.answer(200, 'no JSON'), 0],
  'a stream that is lost': [(call) => stream(call).fail('reset'), 8],
  'an error in the stream': [(call) => stream(call, 'data: {"error":{"message":"no"}}\n\n'), 8],
  'a caller that leaves': [(_, reply) => reply.leave(), 6],
  'a caller that leaves its stream': [
    (call, reply) => {
      stream(call)
      reply.leave()
    },
    8,
  ],
  'a time that is over': [() => clock.advance(700_000), 0],
  'a key that is revoked': [() => gateway.revokeKey(), 6],
  'a stream whose key is revoked': [
    async (call) => {
      stream(call)
      await gateway.revokeKey()
    },
    8,
  ],
}

/** What is taken of each bucket: the place and the tokens of the key, then those of the target and the provider. */
const taken = () => [...balances()].map((left, index) => (index % 2 === 0 ? 5 : 9_000) - left)

function* balances(): Iterable<number> {
  const { buckets } = gossip.node
  for (let slot = 0; slot < buckets.count; slot++)
    yield buckets.adjust({ slot, generation: 0, window: 0 }, 0, clock.monotonicMs()) ?? Number.NaN
}

test.each(Object.entries(ends))('%s', async (name, [end, used]) => {
  const isStream = name.includes('stream')
  const body = { model: 'gpt', stream: isStream, messages: [{ role: 'user', content: 'four tokens here' }] }
  const { reply } = gateway.call({ body })
  expect(taken()[0]).toBe(1)
  await end(gateway.upstream.last, reply)
  expect(reply.gone).toBe(true)
  const [ofKey, tokens = 0, ofTarget, tokensOfProvider] = taken()
  expect([ofKey, ofTarget]).toEqual([0, 0])
  expect(gateway.leftovers).toEqual({ inFlight: 0, armed: 0, live: 0 })
  expect(tokens).toBeGreaterThanOrEqual(Math.floor(used * 0.5))
  expect(tokens).toBeLessThanOrEqual(used * 1.5 + 1)
  expect(Math.abs(tokens - (tokensOfProvider ?? 0))).toBeLessThanOrEqual(tokens / 100)
})

test.each(['rejects', 'throws'] as const)('a policy behind the limits %s', (does) => {
  later = does
  gateway.call({ body: { model: 'gpt', messages: [{ role: 'user', content: 'hi' }] } })
  expect(taken().every((amount) => amount === 0)).toBe(true)
})

test('a filter of a policy throws in the stream', () => {
  later = 'breaks the stream'
  const { reply } = gateway.call({
    body: { model: 'claude', stream: true, messages: [{ role: 'user', content: 'hi' }] },
  })
  gateway.upstream.last.stream('event: message_start\ndata: {"type":"message_start","message":{"usage":{}}}\n\n')
  expect(reply.gone).toBe(true)
  expect([taken()[0], taken()[2]]).toEqual([0, 0])
})
