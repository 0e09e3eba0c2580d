// Two processes of a cluster, each with its own bus and its link, over a real server.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bus, decodeJson, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { NatsBus } from '../../cluster/bus/nats-bus.ts'
import { testMacs, testMasterKey } from '../../cluster/macs/test-macs.ts'
import { LinkWatch } from '../../cluster/membership/link-watch.ts'
import { findNatsServer, type NatsRig, startNatsRig } from '../../cluster/nats/nats-rig.ts'
import { openNatsLink } from '../../cluster/nats/open-nats-link.ts'
import { systemClock } from '../../shared/clock.ts'
import type { LinkState } from '../../shared/telemetry/records.ts'
import { type Link, startLink } from './main.ts'

let rig: NatsRig
let links: Link[] = []
beforeEach(async (context) => {
  if (findNatsServer() === undefined) context.skip('nats-server is not installed')
  rig = await startNatsRig()
})
afterEach(async () => {
  for (const link of links) await link.close()
  links = []
  await rig.dispose()
})

const within = { timeout: 60_000, interval: 20 }

function start(node: string, servers = rig.url.split(',')) {
  const bus: Bus = new LocalBus()
  const states: LinkState[] = []
  bus.subscribe(subjects.linkState, (payload) => states.push(decodeJson(payload) as LinkState))
  const watch = new LinkWatch(bus, systemClock)
  const nats = { servers, credsFile: undefined, caFile: undefined, acceptsUnsigned: false }
  const link = startLink({
    node,
    nats,
    masterKeys: [testMasterKey],
    bus,
    clock: systemClock,
    chance: Math.random,
    notify: () => {},
  })
  links.push(link)
  const connected = (is: boolean) => expect.poll(() => states.at(-1)?.connected, within).toBe(is)
  const heard = (subject: string) => {
    const messages: unknown[] = []
    bus.subscribe(subject, (payload) => messages.push(decodeJson(payload)))
    return messages
  }
  return { bus, link, states, watch, connected, heard }
}

/** A node that is on the network itself, as control and aggregators are. */
async function openNetwork() {
  const around = { clock: systemClock, chance: Math.random, notify: () => {} }
  const link = openNatsLink({ servers: [rig.url], name: 'control', ...around })
  if (!link.ok) throw new Error(link.error.message)
  const bus = new NatsBus({ link: link.value, ...around, macs: testMacs() })
  await expect.poll(() => link.value.status.isConnected, within).toBe(true)
  links.push({ troubles: () => [], refusedMessages: () => [], close: () => link.value.close() })
  return bus
}

test('beats go out, weights come in, and no process hears what is not for it', async () => {
  const [a, b, network] = [start('a'), start('b'), await openNetwork()]
  await Promise.all([a.connected(true), b.connected(true)])
  const beats: unknown[] = []
  network.subscribe(subjects.heartbeat, (payload) => beats.push(decodeJson(payload)))
  const heard = [a, b].flatMap(({ heard }) => [heard(subjects.heartbeat), heard(subjects.weights)])
  await new Promise((resolve) => setTimeout(resolve, 50))
  a.bus.publish(subjects.heartbeat, encodeJson({ node: 'a' }))
  network.publish(subjects.weights, encodeJson({ epoch: 1 }))
  network.publish(subjects.heartbeat, encodeJson({ node: 'control' }))
  await expect
    .poll(() => JSON.stringify(beats.map((beat) => (beat as { node: string }).node).sort()), within)
    .toBe('["a","control"]')
  await expect.poll(() => heard, within).toEqual([[{ node: 'a' }], [{ epoch: 1 }], [], [{ epoch: 1 }]])
})

test('what is said last leaves before the link is closed', async () => {
  const [a, network] = [start('a'), await openNetwork()]
  await a.connected(true)
  const beats: unknown[] = []
  network.subscribe(subjects.heartbeat, (payload) => beats.push(decodeJson(payload)))
  await new Promise((resolve) => setTimeout(resolve, 50))
  a.bus.publish(subjects.heartbeat, encodeJson({ draining: true }))
  await new Promise((resolve) => setImmediate(resolve))
  await a.link.close()
  await expect.poll(() => beats, within).toEqual([{ draining: true }])
})

test('its state is told each second and at each change, and an outage is trouble once it lasts', async () => {
  const { states, watch, link, connected } = start('a')
  await connected(true)
  expect(link.troubles()).toEqual([])
  const told = states.length
  await expect.poll(() => states.length, within).toBeGreaterThan(told + 1)
  await rig.kill()
  await connected(false)
  expect(states.at(-1)?.trouble).toBeDefined()
  await expect.poll(() => link.troubles(), within).toMatchObject([{ level: 'degraded' }])
  expect(link.troubles()[0]?.reason).toMatch(/^NATS is away: /)
  await rig.start()
  await connected(true)
  expect(states.at(-1)).toMatchObject({ reconnects: 1 })
  expect(watch.state).toMatchObject({ connected: true })
  expect(link.troubles()).toEqual([])
})

test('a link starts without a server', async () => {
  await rig.kill()
  const { connected } = start('a')
  await connected(false)
  await rig.start()
  await connected(true)
})

test('servers elsewhere without credentials are refused at the start', () => {
  expect(() => start('a', ['nats.example.com:4222'])).toThrow(/HEADGATE_NATS_URL/)
})
