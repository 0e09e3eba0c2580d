import { afterEach, expect, test } from 'vitest'
import { encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { ManualClock } from '../../shared/clock.ts'
import type { NodeHeartbeat } from '../../shared/telemetry/records.ts'
import { NodesView } from './nodes-view.ts'

const bus = new LocalBus()
const nodes = new NodesView(new ManualClock(), bus)
afterEach(() => {
  nodes.stop()
  bus.close()
})

const heartbeat: NodeHeartbeat = {
  node: 'p1',
  role: 'proxy',
  region: 'local',
  version: '1',
  draining: false,
  atMs: 0,
  lagMs: 0,
  queues: {},
  revision: 5,
  hash: 'five',
}
const tell = async (subject: string, value: unknown) => {
  bus.publish(subject, encodeJson(value))
  await new Promise((resolve) => setTimeout(resolve, 5))
}
const seen = () => nodes.list().map(({ node, revision, hash }) => ({ node, revision, hash }))

test('a node that tells what it applied is shown with it, before its next heartbeat', async () => {
  await tell(subjects.heartbeat, heartbeat)
  await tell(subjects.configApplied, { node: 'p1', revision: 6, hash: 'six' })
  expect(seen()).toEqual([{ node: 'p1', revision: 6, hash: 'six' }])
  // A message that was overtaken changes nothing, and a node that never beat is no node.
  await tell(subjects.configApplied, { node: 'p1', revision: 5, hash: 'other' })
  await tell(subjects.configApplied, { node: 'p2', revision: 9, hash: 'nine' })
  expect(seen()).toEqual([{ node: 'p1', revision: 6, hash: 'six' }])
  await tell(subjects.heartbeat, { ...heartbeat, revision: 7, hash: 'seven' })
  expect(seen()).toEqual([{ node: 'p1', revision: 7, hash: 'seven' }])
})
