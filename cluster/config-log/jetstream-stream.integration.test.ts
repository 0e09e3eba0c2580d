import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { findNatsServer, type NatsRig, startNatsRig } from '../nats/nats-rig.ts'
import { configLogContract } from './config-log-contract.ts'
import { eventStreamContract } from './event-stream-contract.ts'
import { HighWaterFile } from './high-water.ts'
import { openReplicatedLog, openStream } from './jetstream-rig.ts'
import { rigMacKey } from './log-rig.ts'
import { SqliteLog } from './sqlite-log.ts'

const root = mkdtempSync(join(tmpdir(), 'headgate-stream-'))
afterAll(() => rmSync(root, { recursive: true }))

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
    const folder = mkdtempSync(join(root, 'copy-'))
    const highWater = () => new HighWaterFile(join(folder, 'high-water.json'), rigMacKey)
    return {
      open: () => openReplicatedLog(url, new SqliteLog({ path: join(folder, 'log.sqlite'), highWater: highWater() })),
    }
  })
})
