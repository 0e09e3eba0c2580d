// Hours without NATS on a clock that the test advances. `npm run test:long` runs a whole day.

import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import type { Notice } from '../../shared/notice.ts'
import { testMacs } from '../macs/test-macs.ts'
import { openNatsLink } from '../nats/open-nats-link.ts'
import { encodeJson } from './bus.ts'
import { NatsBus } from './nats-bus.ts'

const hours = Number(process.env['HOURS'] ?? 2)
const megabyte = 2 ** 20

test('hours without NATS cost no memory, are told once, and do not end the trying', {
  timeout: 120_000,
}, async () => {
  let tries = 0
  const server = createServer((socket) => {
    tries++
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const clock = new ManualClock()
  const notices: Notice[] = []
  const around = { clock, chance: () => 0.5, notify: (notice: Notice) => void notices.push(notice) }
  const link = openNatsLink({ servers: [`127.0.0.1:${port}`], name: 'test', ...around })
  if (!link.ok) throw new Error(link.error.message)
  const bus = new NatsBus({ link: link.value, ...around, macs: testMacs({ clock }) })
  const publishSecond = () => {
    bus.publish('node.heartbeat', encodeJson({ filler: 'x'.repeat(2_000) }))
    bus.publish('config.applied', encodeJson({ filler: 'x'.repeat(200) }))
    for (let n = 0; n < 10; n++) bus.publish('gossip.counters', new Uint8Array(1_000))
    bus.publish('telemetry.batch', new Uint8Array(10_000))
    clock.advance(1_000)
  }
  let warm = 0
  for (let second = 0; second < hours * 3_600; second++) {
    publishSecond()
    if (second % 4 === 3) await new Promise((resolve) => setImmediate(resolve))
    if (second === 1_800) warm = process.memoryUsage().rss
  }
  expect(process.memoryUsage().rss - warm).toBeLessThan(64 * megabyte)
  const { config, telemetry, gossip, node } = bus.queues()
  expect(config.length + config.dropped).toBe(hours * 3_600)
  expect(telemetry.bytes).toBeLessThanOrEqual(4 * megabyte)
  expect(gossip).toMatchObject({ length: 0, dropped: hours * 36_000 })
  expect(node.length).toBeLessThanOrEqual(2)
  expect(await bus.request('aggregator.query', encodeJson({}), 5_000)).toMatchObject({ ok: false })
  expect(notices.map(({ type }) => type)).toEqual(['nats-without-credentials', 'nats-away'])
  expect(tries).toBeGreaterThan(hours * 100)
  bus.close()
  await link.value.close()
  server.close()
})
