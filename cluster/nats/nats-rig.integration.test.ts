import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterEach, expect, test } from 'vitest'
import { findNatsServer, type NatsRig, startNatsRig } from './nats-rig.ts'

let rig: NatsRig | undefined
afterEach(() => rig?.dispose())
const reason = 'nats-server is not installed'

/** Returns the sequence of the message; 0 when it was not acknowledged. */
function published(connection: NatsConnection, data: string): Promise<number> {
  const options = { timeout: 300 }
  return jetstream(connection)
    .publish('s', data, options)
    .then(({ seq }) => seq)
    .catch(() => 0)
}

test('a server keeps its port and its stream over a kill and a pause', async (context) => {
  if (findNatsServer() === undefined) context.skip(reason)
  rig = await startNatsRig()
  const { server } = rig
  const connection = await connect({ servers: rig.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
  await (await jetstreamManager(connection)).streams.add({ name: 'S', subjects: ['s'] })
  expect(await published(connection, 'one')).toBe(1)
  await server.kill()
  expect(server.isRunning).toBe(false)
  await server.start()
  await expect.poll(() => published(connection, 'two'), { timeout: 60_000 }).toBeGreaterThan(1)
  server.pause()
  // The signal takes its time on a machine that others use too.
  await expect.poll(() => published(connection, 'three')).toBe(0)
  server.resume()
  await expect.poll(() => published(connection, 'four'), { timeout: 60_000 }).toBeGreaterThan(2)
  await connection.close()
})

test('three servers are a cluster, and another one leads when the leader is gone', async (context) => {
  if (findNatsServer() === undefined) context.skip(reason)
  rig = await startNatsRig({ servers: 3 })
  const connection = await connect({ servers: rig.url.split(','), maxReconnectAttempts: -1 })
  await (await jetstreamManager(connection)).streams.add({ name: 'S', subjects: ['s'], num_replicas: 3 })
  const leader = await rig.leaderOf('S')
  await leader.kill()
  const next = await rig.leaderOf('S')
  expect(next.name).not.toBe(leader.name)
  await connection.close()
})
