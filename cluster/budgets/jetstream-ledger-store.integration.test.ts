// The store of budgets on a real nats-server, alone and replicated.
import { jetstream } from '@nats-io/jetstream'
import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest'
import { connectedLink } from '../config-log/replication/jetstream-rig.ts'
import { findNatsServer, type NatsRig, startNatsRig } from '../nats/nats-rig.ts'
import { JetStreamLedgerStore } from './jetstream-ledger-store.ts'
import { ledgerStoreContract } from './ledger-store-contract.ts'

describe.each([1, 3] as const)('%i nats-server', (servers) => {
  let rig: NatsRig | undefined
  beforeAll(async () => {
    if (findNatsServer() !== undefined) rig = await startNatsRig({ servers })
  })
  beforeEach((context) => {
    if (rig === undefined) context.skip('nats-server is not installed')
  })
  afterAll(() => rig?.dispose())

  ledgerStoreContract(`jetstream R${servers}`, async () => {
    const { url } = rig as NatsRig
    const links = await Promise.all([1, 2, 3, 4].map(() => connectedLink(url)))
    const [link] = links
    if (link?.connection === undefined) throw new Error('there is no connection')
    const manager = await jetstream(link.connection).jetstreamManager(false)
    await manager.streams.delete('BUDGETS').catch(() => false)
    const [first, ...others] = links.map((one) => new JetStreamLedgerStore({ link: one }))
    if (first === undefined) throw new Error('there is no store')
    // A stream that was just created has no leader yet.
    for (const store of [first, ...others]) {
      await expect.poll(async () => (await store.read('a')).ok, { timeout: 10_000 }).toBe(true)
    }
    return {
      stores: [first, ...others],
      close: async () => void (await Promise.all(links.map((one) => one.close()))),
    }
  })
})
