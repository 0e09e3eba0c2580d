// The bus over real servers: the contract suite, and the behaviour while servers are away, stand still, or read slowly.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import type { Notice } from '../../shared/notice.ts'
import { testMacs } from '../macs/test-macs.ts'
import type { NatsLink } from '../nats/nats-link.ts'
import { findNatsServer, type NatsRig, startNatsRig } from '../nats/nats-rig.ts'
import { openNatsLink } from '../nats/open-nats-link.ts'
import { aggregatorQueryOf, decodeJson, encodeJson } from './bus.ts'
import { busContract } from './bus-contract.ts'
import { NatsBus } from './nats-bus.ts'

const reason = 'nats-server is not installed'
let rig: NatsRig
let opened: { bus: NatsBus; link: NatsLink }[] = []
let child: ChildProcess | undefined
beforeEach((context) => {
  if (findNatsServer() === undefined) context.skip(reason)
})
afterEach(async () => {
  child?.kill('SIGKILL')
  child = undefined
  for (const { bus, link } of opened) {
    bus.close()
    await link.close()
  }
  opened = []
  await rig?.dispose()
})

const within = { timeout: 60_000, interval: 20 }

async function open(url: string) {
  const notices: Notice[] = []
  const notify = (notice: Notice): void => void notices.push(notice)
  const around = { clock: systemClock, chance: Math.random, notify }
  const link = openNatsLink({ servers: url.split(','), name: 'test', ...around })
  if (!link.ok) throw new Error(link.error.message)
  const bus = new NatsBus({ link: link.value, ...around, macs: testMacs() })
  opened.push({ bus, link: link.value })
  const connected = (is: boolean) => expect.poll(() => link.value.status.isConnected, within).toBe(is)
  await connected(true)
  return { bus, link: link.value, notices, connected }
}

busContract('NATS, two connections', async () => {
  rig = await startNatsRig()
  const [near, far] = [await open(rig.url), await open(rig.url)]
  return { near: near.bus, far: far.bus, close: async () => {} }
})

busContract('NATS, one connection', async () => {
  rig = await startNatsRig()
  const { bus } = await open(rig.url)
  return { near: bus, far: bus, close: async () => {} }
})

const heard = (bus: NatsBus, subject: string) => {
  const messages: unknown[] = []
  bus.subscribe(subject, (payload) => messages.push(decodeJson(payload)))
  return messages
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('subscriptions and services are there again when NATS is', async () => {
  rig = await startNatsRig()
  const [near, far] = [await open(rig.url), await open(rig.url)]
  const messages = heard(far.bus, 'config.appended')
  far.bus.serve(aggregatorQueryOf('eu.1'), () => encodeJson('here'))
  await rig.kill()
  await Promise.all([near.connected(false), far.connected(false)])
  await rig.start()
  await Promise.all([near.connected(true), far.connected(true)])
  await pause(50)
  near.bus.publish('config.appended', encodeJson(1))
  await expect.poll(() => messages, within).toEqual([1])
  const answer = await near.bus.request(aggregatorQueryOf('eu.1'), encodeJson({}), 2_000)
  expect(answer.ok && decodeJson(answer.value)).toBe('here')
})

test('while NATS is away, what keeps its worth waits and the moment is dropped; both are counted and told once', async () => {
  rig = await startNatsRig()
  const { bus, notices, connected } = await open(rig.url)
  const messages = heard(bus, 'config.appended')
  const weights = heard(bus, 'weights')
  await pause(50)
  await rig.kill()
  await connected(false)
  for (let n = 1; n <= 1_200; n++) bus.publish('config.appended', encodeJson(n))
  for (let n = 1; n <= 5; n++) bus.publish('weights', encodeJson(n))
  expect(bus.queues().config).toMatchObject({ length: 1_000, dropped: 200 })
  expect(bus.queues().weights).toMatchObject({ length: 0, dropped: 5 })
  await rig.start()
  await connected(true)
  await expect.poll(() => messages.length, within).toBe(1_000)
  expect(messages).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 201))
  expect(weights).toEqual([])
  const told = () => notices.filter(({ type }) => type === 'bus-dropped')
  await expect.poll(told, within).toEqual([{ type: 'bus-dropped', messages: { config: 200, weights: 5 } }])
  expect(bus.queues().config.length).toBe(0)
})

test('a request while NATS is away is answered at once, and one under way as soon as that is known', async () => {
  rig = await startNatsRig()
  const { bus, connected } = await open(rig.url)
  bus.serve('slow', () => new Promise(() => {}))
  await pause(50)
  const underWay = bus.request('slow', encodeJson({}), 60_000)
  await pause(50)
  await rig.kill()
  expect(await underWay).toMatchObject({ ok: false, error: { type: 'no-answer' } })
  await connected(false)
  expect(await bus.request('slow', encodeJson({}), 60_000)).toEqual({
    ok: false,
    error: { type: 'no-answer', subject: 'slow', afterMs: 0 },
  })
})

test('of several that serve a subject, one answers each request', async () => {
  rig = await startNatsRig()
  const [asker, ...servers] = [await open(rig.url), await open(rig.url), await open(rig.url)]
  let answers = 0
  for (const { bus } of servers) bus.serve('q', () => encodeJson(++answers))
  await pause(50)
  await Promise.all(Array.from({ length: 50 }, () => asker.bus.request('q', encodeJson({}), 2_000)))
  expect(answers).toBe(50)
})

test('what the server would not take is refused before it is sent, counted, and told', async () => {
  rig = await startNatsRig({ config: 'max_payload: 65536' })
  const { bus, link, notices } = await open(rig.url)
  bus.serve('large', () => new Uint8Array(500_000))
  await pause(50)
  bus.publish('cache.fill', new Uint8Array(65_536))
  bus.publish('cache.fill', new Uint8Array(65_536))
  expect(bus.queues().cache).toMatchObject({ dropped: 2, tooLarge: 2, length: 0 })
  const refused = await bus.request('large', new Uint8Array(70_000), 1_000)
  expect(refused).toMatchObject({ ok: false, error: { type: 'too-large', subject: 'large', bytes: 70_000 } })
  expect(notices.filter(({ type }) => type === 'bus-too-large')).toHaveLength(1)
  const answer = await bus.request('large', new Uint8Array(1), 2_000)
  expect(answer.ok && answer.value.length).toBe(500_000)
  expect(link.status.isConnected).toBe(true)
})

test('a receiver that throws is told, and the next message arrives', async () => {
  rig = await startNatsRig()
  const { bus, notices } = await open(rig.url)
  let received = 0
  bus.subscribe('s', () => {
    received++
    throw new Error('a bug')
  })
  await pause(50)
  for (let n = 0; n < 3; n++) bus.publish('s', encodeJson(n))
  await expect.poll(() => received, within).toBe(3)
  expect(notices.filter(({ type }) => type === 'handler-threw')).toHaveLength(3)
})

test('what others published can be heard without what oneself did', async () => {
  rig = await startNatsRig()
  const [near, far] = [await open(rig.url), await open(rig.url)]
  const messages: unknown[] = []
  near.bus.subscribeOthers('s', (payload) => messages.push(decodeJson(payload)))
  await pause(50)
  near.bus.publish('s', encodeJson('own'))
  far.bus.publish('s', encodeJson('other'))
  await expect.poll(() => messages, within).toEqual(['other'])
})

test('what was on the way to a server that was killed is counted', async () => {
  rig = await startNatsRig()
  const { bus, connected } = await open(rig.url)
  rig.server.pause()
  for (let n = 0; n < 1_000; n++) bus.publish('other.s', new Uint8Array(100))
  await rig.kill()
  await connected(false)
  const { uncertain, length, dropped } = bus.queues().other
  expect(uncertain + length + dropped).toBe(1_000)
  expect(uncertain).toBeGreaterThan(0)
})

const megabyte = 2 ** 20
/** Returns the largest resident memory seen meanwhile. */
async function publishMany(bus: NatsBus, count: number, bytes: number): Promise<number> {
  let mostBytes = 0
  for (let n = 0; n < count; n++) {
    bus.publish('other.load', new Uint8Array(bytes).fill(n))
    if (n % 1_000 !== 999) continue
    await pause(0)
    mostBytes = Math.max(mostBytes, process.memoryUsage.rss())
  }
  return mostBytes
}

test.each([
  ['killed', async () => rig.kill()],
  ['stopped', async () => rig.server.pause()],
])('publishing 200 MB to a server that was %s takes a bounded part of memory', async (_how, leave) => {
  rig = await startNatsRig()
  const { bus } = await open(rig.url)
  await publishMany(bus, 20_000, 1_024)
  await leave()
  const before = process.memoryUsage.rss()
  const most = await publishMany(bus, 200_000, 1_024)
  const { bytes, length, dropped } = bus.queues().other
  // All but the window is bounded by the queue; what the client takes before the loss is known is bounded as well.
  expect(dropped + length).toBeGreaterThan(190_000)
  expect(bytes).toBeLessThanOrEqual(megabyte)
  expect(length).toBeLessThanOrEqual(1_000)
  expect(most - before).toBeLessThan(64 * megabyte)
})

// The subscriber is a process of its own. A server waits `write_deadline` for a slow reader, then cuts it off.
const patient = 'write_deadline: "10s"'
const impatient = 'write_deadline: "1s"'
test.each([
  ['for a moment gets every message', patient, 1_000, 0],
  ['for longer than the server waits knows how many it missed', impatient, 3_000, 1_000],
])('a subscriber that stands still %s', async (_how, config, stoppedMs, missedMin) => {
  rig = await startNatsRig({ config })
  const { bus } = await open(rig.url)
  let published = 0
  const publish = (filler: string) => bus.publish('other.n', encodeJson({ n: ++published, filler }))
  const report = { received: 0, missed: 0, rssBytes: 0 }
  child = fork(new URL('./slow-subscriber.fixture.ts', import.meta.url), [rig.url])
  child.on('message', (message) => void Object.assign(report, message))
  await once(child, 'message')
  publish('')
  await expect.poll(() => report.received, within).toBe(1)
  child.kill('SIGSTOP')
  const resumed = pause(stoppedMs).then(() => child?.kill('SIGCONT'))
  const filler = 'x'.repeat(900)
  for (let n = 1; n <= 100_000; n++) {
    publish(filler)
    // The subscriber must be the slow part: this process must not outrun the server.
    for (let waits = 0; bus.queues().other.length > 0 && waits < 100; waits++) await pause(5)
    if (n % 500 === 0) await pause(1)
  }
  await resumed
  const accounted = () => {
    publish('') // a later message shows what is missing before it
    return report.received + report.missed
  }
  await expect.poll(accounted, { timeout: 60_000, interval: 100 }).toBeGreaterThan(100_000)
  expect(report.received + report.missed).toBeLessThanOrEqual(published)
  expect(report.missed).toBeGreaterThanOrEqual(missedMin)
  if (missedMin === 0) expect(report.missed).toBe(0)
  expect(report.rssBytes).toBeLessThan(400 * megabyte)
})
