import { jetstream } from '@nats-io/jetstream'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { connectedLink } from '../config-log/replication/jetstream-rig.ts'
import { findNatsServer, type NatsRig, startNatsRig } from '../nats/nats-rig.ts'
import { JetStreamUsageStream } from './jetstream-usage-stream.ts'
import { usageStreamContract } from './usage-stream-contract.ts'

const within = { timeout: 60_000, interval: 50 }
const batch = { partition: 1, node: 'proxy 1', id: 'a', bytes: new Uint8Array(100) }

describe.each([1, 3] as const)('%i nats-server', (servers) => {
  let rig: NatsRig | undefined
  beforeAll(async () => {
    if (findNatsServer() !== undefined) rig = await startNatsRig({ servers })
  })
  beforeEach((context) => {
    if (rig === undefined) context.skip('nats-server is not installed')
  })
  afterAll(() => rig?.dispose())

  async function withoutStream() {
    const link = await connectedLink(rig!.url)
    const manager = await jetstream(link.connection!).jetstreamManager(false)
    await manager.streams.delete('USAGE').catch(() => false)
    return link
  }

  usageStreamContract(`jetstream R${servers}`, async () => {
    const link = await withoutStream()
    const stream = new JetStreamUsageStream({ link, clock: systemClock, mayCreate: true })
    await expect.poll(() => stream.facts(), within).toMatchObject({ ok: true })
    return { stream, close: () => link.close() }
  })

  test('a proxy waits until an aggregator has made the stream', async () => {
    const link = await withoutStream()
    const proxy = new JetStreamUsageStream({ link, clock: systemClock, mayCreate: false })
    expect(await proxy.publish(batch)).toMatchObject({ ok: false, error: { type: 'missing' } })
    const aggregator = new JetStreamUsageStream({ link, clock: systemClock, mayCreate: true })
    await expect.poll(() => aggregator.facts(), within).toMatchObject({ ok: true })
    expect(await proxy.publish(batch)).toEqual({ ok: true, value: undefined })
    await link.close()
  })
})

test('a stream that is full says so and takes more once it was trimmed; settings of an older release are changed', async (context) => {
  if (findNatsServer() === undefined) context.skip('nats-server is not installed')
  const rig = await startNatsRig()
  const link = await connectedLink(rig.url)
  const small = new JetStreamUsageStream({ link, clock: systemClock, mayCreate: true, bytesMax: 1_000 })
  let stored = 0
  for (; (await small.publish({ ...batch, id: `${stored}` })).ok; stored++);
  expect(await small.publish({ ...batch, id: 'x' })).toMatchObject({ error: { type: 'full' } })
  await small.trim(stored)
  expect(await small.publish({ ...batch, id: 'y' })).toMatchObject({ ok: true })
  const larger = new JetStreamUsageStream({ link, clock: systemClock, mayCreate: true, bytesMax: 9_000 })
  expect(await larger.facts()).toMatchObject({ ok: true, value: { bytesMax: 9_000, lastSequence: stored + 1 } })
  await link.close()
  await rig.dispose()
})

test('a feed whose server died ends with a trouble, and another one goes on from the same place', async (context) => {
  if (findNatsServer() === undefined) context.skip('nats-server is not installed')
  const rig = await startNatsRig()
  const link = await connectedLink(rig.url)
  const stream = new JetStreamUsageStream({ link, clock: systemClock, mayCreate: true })
  for (const id of ['a', 'b']) await stream.publish({ ...batch, id })
  const feed = await stream.openFeed(1, 1)
  if (!feed.ok) throw new Error(feed.error.message)
  expect(await feed.value.next(1_000)).toMatchObject({ ok: true, value: { messages: [{ sequence: 2 }] } })
  const waiting = feed.value.next(1_000)
  await rig.server.kill()
  await waiting
  expect(await feed.value.next(1_000)).toMatchObject({ ok: false })
  await rig.server.start()
  await expect.poll(() => stream.publish({ ...batch, id: 'c' }), within).toMatchObject({ ok: true })
  const again = await stream.openFeed(1, 2)
  expect(again.ok && (await again.value.next(1_000))).toMatchObject({
    ok: true,
    value: { messages: [{ sequence: 3 }] },
  })
  await link.close()
  await rig.dispose()
})
