import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bounds } from '../../../shared/bounds.ts'
import { findNatsServer, type NatsRig, startNatsRig } from '../../nats/nats-rig.ts'
import { configLogContract } from '../log/config-log-contract.ts'
import { newFolder, nextEvent, openStream, startNode } from '../replication/jetstream-rig.ts'
import { eventStreamContract } from './event-stream-contract.ts'

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

  test('a history of the largest events is read in pages that stay small', async () => {
    const url = await withoutStream()
    const [one, two] = [await startNode({ url }), await startNode({ url })]
    for (let i = 0; i < 40; i++) {
      const { event, after } = await nextEvent(one.log, `large-${i}`, 'x'.repeat(bounds.changeSetBytesMax - 1_000))
      expect(await one.log.append(event, after)).toMatchObject({ ok: true })
    }
    const three = await startNode({ url })
    for (const { log } of [two, three]) expect(await log.sync()).toMatchObject({ ok: true, value: { revision: 40 } })
    for (const node of [one, two, three]) await node.close()
  })

  configLogContract(`jetstream R${servers}`, async () => {
    const url = await withoutStream()
    const folder = newFolder()
    return { open: async () => (await startNode({ url, folder })).log }
  })
})
