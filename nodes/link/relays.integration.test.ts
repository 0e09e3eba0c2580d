// Twenty proxies that share a bucket over a real server: they relay, each hears what is told to it alone, and all together take what
// one bucket would give.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { gossipTo, subjects } from '../../cluster/bus/bus.ts'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { NatsBus } from '../../cluster/bus/nats-bus.ts'
import { Gossip } from '../../cluster/gossip/gossip.ts'
import { testMacs } from '../../cluster/macs/test-macs.ts'
import { findNatsServer, type NatsRig, startNatsRig } from '../../cluster/nats/nats-rig.ts'
import { openNatsLink } from '../../cluster/nats/open-nats-link.ts'
import { systemClock } from '../../shared/clock.ts'
import { busyness } from '../../shared/test-load.ts'
import { openBridge } from './bridge.ts'
import { carryCharges } from './charges.ts'
import { carryRelays } from './relays.ts'

const count = 20
const rule = { kind: 'flow', capacity: 2_000, perMs: 0.2 } as const
const within = { timeout: 60_000, interval: 50 }

let rig: NatsRig
let closing: (() => unknown)[]
beforeEach(async (context) => {
  closing = []
  if (findNatsServer() === undefined) context.skip('nats-server is not installed')
  rig = await startNatsRig()
})
afterEach(async () => {
  for (const close of closing.toReversed()) await close()
  await rig?.dispose()
})

async function connect() {
  const around = { clock: systemClock, chance: Math.random, notify: () => {} }
  const link = openNatsLink({ servers: [rig.url], name: 'test', ...around })
  if (!link.ok) throw new Error(link.error.message)
  const network = new NatsBus({ link: link.value, ...around, macs: testMacs() })
  closing.push(() => link.value.close())
  await expect.poll(() => link.value.status.isConnected, within).toBe(true)
  return network
}

async function startProxy(node: string) {
  const local = new LocalBus()
  const network = await connect()
  openBridge({ local, network })
  carryCharges({ node, local, network })
  carryRelays({ node, local, network })
  const heard: string[] = []
  local.subscribe(subjects.gossipTo, () => heard.push(node))
  const gossip = new Gossip({ node, boot: Date.now(), bus: local, clock: systemClock })
  gossip.start()
  closing.push(() => gossip.stop())
  return { gossip, heard, local }
}

test('proxies relay, and each hears only what is told to it', async () => {
  const proxies = await Promise.all(Array.from({ length: count }, (_, index) => startProxy(`proxy-${index}`)))
  await expect.poll(() => proxies.every(({ gossip }) => gossip.node.isRelaying), within).toBe(true)
  await expect.poll(() => proxies.every(({ gossip }) => gossip.node.members.count === count), within).toBe(true)
  const overheard = new Map<string, number>()
  const network = await connect()
  network.subscribe(`${subjects.gossipTo}.*`, (_, subject) => {
    overheard.set(subject, (overheard.get(subject) ?? 0) + 1)
  })
  for (const { heard } of proxies) heard.length = 0
  const startMs = performance.now()
  let admitted = 0
  while (performance.now() - startMs < 12_000) {
    for (const { gossip } of proxies) {
      const charged = gossip.charge({ key: 42, rule, amount: 1, window: 0 })
      if (!(charged instanceof Promise) && 'slot' in charged) admitted++
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const passedMs = performance.now() - startMs
  const most = rule.capacity + rule.perMs * passedMs
  expect(admitted).toBeLessThanOrEqual(most * 1.005)
  expect(admitted).toBeGreaterThanOrEqual(most * (busyness() > 1.5 ? 0.8 : 0.95))
  const told = [...overheard.values()].reduce((sum, messages) => sum + messages, 0)
  const taken = proxies.reduce((sum, { heard }) => sum + heard.length, 0)
  expect(overheard.size).toBe(count)
  expect([...overheard.keys()].sort()).toEqual(proxies.map(({ gossip }) => gossipTo(gossip.node.name)).sort())
  // Each message reaches one process. What is on the way at the end is not counted.
  expect(Math.abs(taken - told) / told).toBeLessThan(0.05)
}, 120_000)
