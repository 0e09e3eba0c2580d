import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { findNatsServer, type NatsRig, startNatsRig } from '../nats/nats-rig.ts'
import { configLogContract } from './config-log-contract.ts'
import { eventStreamContract } from './event-stream-contract.ts'
import { newFolder, openStream, startNode } from './jetstream-rig.ts'

describe.each([1, 3] as const)('%i nats-server', (servers) => {
  let rig: NatsRig | undefined
  beforeAll(async () => {
    if (findNatsServer() !== undefined) rig = await startNatsRig({ servers })
  })
  beforeEach((context) => {
    if (rig === undefined) context.skip('nats-server is not installed')
  })
  afterAll(() => rig?.dispose())

  async function withoutStream(): Promise<string> {
    const { url } = rig!
    const stream = await openStream(url)
    await stream.remove()
    await stream.close()
    return url
  }

  eventStreamContract(`jetstream R${servers}`, async () => {
    const url = await withoutStream()
    return { open: () => openStream(url) }
  })

  configLogContract(`jetstream R${servers}`, async () => {
    const url = await withoutStream()
    const folder = newFolder()
    return { open: async () => (await startNode({ url, folder })).log }
  })
})
