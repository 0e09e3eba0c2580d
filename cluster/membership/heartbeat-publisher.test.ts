import { expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import type { NodeHeartbeat } from '../../shared/telemetry/records.ts'
import { decodeJson, subjects } from '../bus/bus.ts'
import { LocalBus } from '../bus/local-bus.ts'
import { type HeartbeatFacts, HeartbeatPublisher } from './heartbeat-publisher.ts'

test('a node tells each second what it serves, what is wrong and what its process does, until it stops', async () => {
  const clock = new ManualClock(5_000)
  const bus = new LocalBus()
  const heard: NodeHeartbeat[] = []
  bus.subscribe(subjects.heartbeat, (payload) => heard.push(decodeJson(payload) as NodeHeartbeat))
  const facts: HeartbeatFacts = {
    status: { revision: 7, hash: 'ab', lagMs: 0 },
    troubles: [{ level: 'degraded', reason: 'the log is away' }],
    openRequests: 3,
  }
  const node = { name: 'n', role: 'proxy', version: '1', region: 'r' } as const
  const pulse = new HeartbeatPublisher({ node, bus, clock, facts: () => facts })
  clock.advance(2_000)
  pulse.stop()
  clock.advance(5_000)
  await new Promise((resolve) => setTimeout(resolve, 20))
  bus.close()
  expect(heard).toHaveLength(2)
  expect(heard[0]).toMatchObject({
    node: 'n',
    role: 'proxy',
    region: 'r',
    version: '1',
    revision: 7,
    hash: 'ab',
    atMs: 6_000,
    queues: {},
    draining: false,
    troubles: ['the log is away'],
    process: { openRequests: 3 },
  })
  expect(heard[0]!.process!.rssBytes).toBeGreaterThan(1 << 20)
})
