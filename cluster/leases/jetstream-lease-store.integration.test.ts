// Leases on a real nats-server: the store passes the contract suite, alone and replicated, and candidates on it take
// over in time.
import { jetstream } from '@nats-io/jetstream'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { busyness } from '../../shared/test-load.ts'
import { connectedLink } from '../config-log/replication/jetstream-rig.ts'
import { testMacs } from '../macs/test-macs.ts'
import { findNatsServer, type NatsRig, startNatsRig } from '../nats/nats-rig.ts'
import { JetStreamLeaseStore } from './jetstream-lease-store.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import { leaseStoreContract } from './lease-store-contract.ts'

const mac = testMacs().channel('leases')

describe.each([1, 3] as const)('%i nats-server', (servers) => {
  let rig: NatsRig | undefined
  beforeAll(async () => {
    if (findNatsServer() !== undefined) rig = await startNatsRig({ servers })
  })
  beforeEach((context) => {
    if (rig === undefined) context.skip('nats-server is not installed')
  })
  afterAll(() => rig?.dispose())

  leaseStoreContract(`jetstream R${servers}`, async () => {
    const links = await Promise.all([1, 2, 3, 4].map(() => connectedLink(rig!.url)))
    const manager = await jetstream(links[0]!.connection!).jetstreamManager(false)
    await manager.streams.delete('LEASES').catch(() => false)
    const [first, ...others] = links.map((link) => new JetStreamLeaseStore({ link, mac }))
    // A stream that was just created has no leader yet.
    for (const store of [first!, ...others]) {
      await expect.poll(() => store.read('a'), within).toEqual({ ok: true, value: undefined })
    }
    return {
      stores: [first!, ...others],
      close: async () => void (await Promise.all(links.map((link) => link.close()))),
    }
  })

  // On one server `acceptance/cluster-usage` has a take-over.
  test.runIf(servers === 3)(
    'who holds and dies is replaced within 5 s, who gives back within 1 s, and epochs grow',
    async () => {
      const first = await candidate('a')
      first.lease.wish('hold')
      await expect.poll(() => first.lease.epoch, within).toBeGreaterThan(0)
      const epoch = first.lease.epoch!
      const second = await candidate('b')
      second.lease.wish('watch')
      await systemSleep(1_000)
      const diedMs = performance.now()
      await first.die()
      second.lease.wish('hold')
      await expect.poll(() => second.lease.epoch, within).toBeGreaterThan(epoch)
      // The bound is 5 s; a busy machine may be late on top of it.
      expect(performance.now() - diedMs).toBeGreaterThan(2_000)
      expect(performance.now() - diedMs).toBeLessThan(15_000 * busyness())
      const third = await candidate('c')
      third.lease.wish('hold')
      await systemSleep(500)
      const givenMs = performance.now()
      await second.stop()
      await expect.poll(() => third.lease.epoch, within).toBeGreaterThan(epoch + 1)
      expect(performance.now() - givenMs).toBeLessThan(8_000 * busyness())
      await third.stop()
    },
  )

  async function candidate(owner: string) {
    const link = await connectedLink(rig!.url)
    const keeper = new LeaseKeeper({ store: new JetStreamLeaseStore({ link, mac }), clock: systemClock, owner })
    keeper.start()
    return {
      lease: keeper.lease(`takeover-${servers}`),
      die: () => link.close(),
      stop: async () => {
        await keeper.stop()
        await link.close()
      },
    }
  }
})

test('a server that was killed and has its store still knows who holds; one that lost it gets it written anew', async (context) => {
  if (findNatsServer() === undefined) context.skip('nats-server is not installed')
  const rig = await startNatsRig()
  const link = await connectedLink(rig.url)
  const store = new JetStreamLeaseStore({ link, mac })
  await store.write('a', { owner: 'x', epoch: 7, beat: 1 }, 0)
  await rig.server.kill()
  await rig.server.start()
  await expect.poll(async () => await store.read('a'), within).toMatchObject({ ok: true, value: { epoch: 7 } })
  const manager = await jetstream(link.connection!).jetstreamManager(false)
  await manager.streams.delete('LEASES')
  await expect.poll(async () => await store.read('a'), within).toEqual({ ok: true, value: undefined })
  expect(await store.write('a', { owner: 'y', epoch: 8, beat: 1 }, 0)).toMatchObject({ ok: true })
  await link.close()
  await rig.dispose()
})

/** Pins the behaviour of the server that the safety of leases rests on: the last sequence of the stream is compared
 *  when a message is stored, on three servers as on one. The last sequence of a subject is not (see
 *  `jetstream-lease-store.ts`). */
test('of many messages that expect the same end of a replicated stream one is stored', async (context) => {
  if (findNatsServer() === undefined) context.skip('nats-server is not installed')
  const rig = await startNatsRig({ servers: 3 })
  const links = await Promise.all([1, 2, 3, 4].map(() => connectedLink(rig.url)))
  const clients = links.map((link) => jetstream(link.connection!))
  const manager = await clients[0]!.jetstreamManager(false)
  await manager.streams.add({ name: 'P', subjects: ['p.>'], max_msgs_per_subject: 1, num_replicas: 3 })
  const write = (n: number, lastSequence: number) =>
    clients[n % clients.length]!.publish(`p.${n % 3}`, `${n}`, { expect: { lastSequence } }).then(
      ({ seq }) => seq,
      (error: { code?: number }) => -(error.code ?? 1),
    )
  for (let end = 0; end < 10; end++) {
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, n) => write(n, end)))
    expect(outcomes.toSorted((a, b) => b - a)).toEqual([end + 1, ...Array.from({ length: 19 }, () => -10_071)])
  }
  await Promise.all(links.map((link) => link.close()))
  await rig.dispose()
})

const within = { timeout: 60_000, interval: 20 }

function systemSleep(ms: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, ms))
}
