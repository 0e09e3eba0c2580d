// A decision that fails half way: what the limits before it had reserved is given back.
import { expect, test } from 'vitest'
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { BucketNode } from '../../../cluster/gossip/bucket-node.ts'
import type { ChargeRequest } from '../../../cluster/gossip/charge-request.ts'
import { Gossip } from '../../../cluster/gossip/gossip.ts'
import { ManualClock } from '../../../shared/clock.ts'
import { fail } from '../../../shared/result.ts'
import { TestGateway } from '../apis/test-gateway.ts'
import { openAiChat } from '../streams/test-streams.ts'
import { Limits } from './limits.ts'

const question = { model: 'gpt', messages: [{ role: 'user', content: 'four tokens here' }] }

/** How a charge of another node is decided. */
type Decides = (taken: () => ReturnType<Gossip['charge']>) => ReturnType<Gossip['charge']>

async function opened(bus: LocalBus, decides: Decides = (taken) => taken()) {
  const clock = new ManualClock(Date.parse('2026-11-30T12:00:00Z'))
  class TestGossip extends Gossip {
    override charge(request: ChargeRequest): ReturnType<Gossip['charge']> {
      return request.rule.kind === 'gauge' ? super.charge(request) : decides(() => super.charge(request))
    }
  }
  const gossip = new TestGossip({ node: 'n1', boot: 1, bus, clock })
  // Of many nodes another one decides about a small limit.
  for (let index = 0; index < 40; index++) {
    const frame = new BucketNode({ node: `other-${index}`, boot: 1 }).nextFrame()
    if (frame !== undefined) gossip.node.take(frame, clock.monotonicMs())
  }
  const limits = new Limits({ gossip, clock, hashKey: new Uint8Array(32) })
  const gateway = await TestGateway.open({ policies: [limits], clock })
  await gateway.put('limits', 'a-place', { per: 'key', concurrency: 1 })
  await gateway.put('limits', 'b-small', { per: 'key', requests: 5, window: '1h' })
  return gateway
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

const fault = new Error('it is broken')

test.each<[string, Decides]>([
  ['throws', () => expect.fail(fault.message)],
  ['fails late', () => Promise.reject(fault)],
])('a place is given back when the next limit %s', async (_, decides) => {
  const gateway = await opened(new LocalBus(), decides)
  for (let again = 0; again < 3; again++) {
    for (const asked of [{ body: question }, { method: 'GET', path: '/v1/files' }]) {
      const { reply } = gateway.call(asked)
      await turn()
      expect([reply.status, reply.text.includes('a-place')]).toEqual([500, false])
    }
  }
})

test('where nobody can be asked the share decides', async () => {
  class BrokenBus extends LocalBus {
    override request(): ReturnType<LocalBus['request']> {
      return Promise.reject(fault)
    }
  }
  const gateway = await opened(new BrokenBus())
  const { reply } = gateway.call({ body: question })
  await turn()
  if (!reply.ended) gateway.upstream.last.answer(200, openAiChat.whole('hello'))
  expect([200, 429]).toContain(reply.status)
})

test('a place is given back when the caller leaves while another node is asked', async () => {
  const asked: (() => void)[] = []
  class SlowBus extends LocalBus {
    override request(subject: string): ReturnType<LocalBus['request']> {
      return new Promise((resolve) => asked.push(() => resolve(fail({ type: 'no-answer', subject, afterMs: 100 }))))
    }
  }
  const gateway = await opened(new SlowBus())
  const answerAll = async () => {
    for (const answer of asked.splice(0)) answer()
    await turn()
  }
  gateway.call({ body: question }).reply.leave()
  await answerAll()
  const { reply } = gateway.call({ body: question })
  await answerAll()
  expect(reply.text).not.toContain('a-place')
})
