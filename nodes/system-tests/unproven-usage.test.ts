// Usage that an aggregator cannot prove and that is genuine all the same: of proxies of a version whose batches have no MAC, or
// of a node that has another master key. It is not counted, and it is not lost.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { decodeJson, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { LeaseKeeper } from '../../cluster/leases/lease-keeper.ts'
import { MemoryLeaseStore } from '../../cluster/leases/memory-lease-store.ts'
import { type TestMacsOptions, testMacs, testMasterKey } from '../../cluster/macs/test-macs.ts'
import { MemoryUsageStream } from '../../cluster/telemetry-stream/memory-usage-stream.ts'
import { usageMacOf } from '../../cluster/telemetry-stream/usage-mac.ts'
import { ManualClock } from '../../shared/clock.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { BatchWriter } from '../../shared/telemetry/codec.ts'
import { partitionOf } from '../../shared/telemetry/partition.ts'
import { startAggregator } from '../aggregator/main.ts'

const node = 'proxy-1'
const partition = partitionOf(node)
const newKey = new Uint8Array(32).fill(9)
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

function world() {
  const clock = new ManualClock(Date.UTC(2026, 5, 1))
  const stream = new MemoryUsageStream(clock)
  const dataDir = mkdtempSync(join(tmpdir(), 'headgate-unproven-'))
  cleanups.push(() => rmSync(dataDir, { recursive: true, force: true }))
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 100) {
      clock.advance(100)
      for (let turn = 0; turn < 4; turn++) await new Promise((resume) => setImmediate(resume))
    }
  }
  let next = 1
  /** Publishes a batch of ten requests; without `masterKey` as older versions do. */
  const answer = (masterKey?: Uint8Array, bytes = batchOf(next)): Uint8Array => {
    const mac = usageMacOf(testMacs({ clock, masterKeys: [masterKey ?? testMasterKey] }))
    const id = masterKey === undefined ? `boot-1:${next}:10:${next - 1}` : mac.idOf({ partition, node, bytes })
    stream.plant({ partition, node, id, bytes })
    next += 10
    return bytes
  }
  const start = async (options: TestMacsOptions = {}) => {
    const macs = testMacs({ clock, ...options })
    const bus = new LocalBus()
    const leases = new LeaseKeeper({ store: new MemoryLeaseStore(), clock, owner: 'a/1' })
    leases.start()
    const cluster = { stream, mac: usageMacOf(macs), leases, boot: '1' }
    const aggregator = startAggregator({
      dataDir,
      bus,
      clock,
      node: 'a',
      notify: () => {},
      cluster,
      ledgerKeys: [new Uint8Array(32)],
    })
    await pass(6_000)
    return {
      parked: () => aggregator.queues()['usageParked']?.length,
      troubles: () => macs.troubles().map(({ reason }) => reason),
      async requests() {
        const told = await bus.request(subjects.aggregatorQuery, encodeJson({ type: 'usage', groupBy: [] }), 1_000)
        if (!told.ok) throw new Error(told.error.type)
        return (decodeJson(told.value) as { rows: { requests: number }[] }).rows[0]?.requests ?? 0
      },
      async stop() {
        await Promise.all([leases.stop(), aggregator.close(), pass(2_000)])
        bus.close()
      },
    }
  }
  return { clock, stream, pass, answer, start }
}

function batchOf(firstSequence: number): Uint8Array {
  const writer = new BatchWriter(Buffer.alloc(100_000))
  writer.begin({ node, epoch: 'boot-1', firstSequence })
  for (let n = 0; n < 10; n++) writer.single(sampleRequest({ atMs: Date.UTC(2026, 5, 1) }), sampleAttempt())
  return new Uint8Array(writer.bytes.subarray(0, writer.offset))
}

test('batches of a version without MACs are kept aside, and counted once where they are accepted', async () => {
  const { stream, answer, start } = world()
  const old = answer()
  answer(testMasterKey)
  const strict = await start()
  expect([await strict.requests(), strict.parked()]).toEqual([10, 1])
  expect(strict.troubles()).toEqual([expect.stringContaining('messages without a MAC')])
  await strict.stop()
  // By now the stream has forgotten it, and its sender was told long ago that three servers have it.
  await stream.trim(100)
  const tolerant = await start({ acceptsUnsigned: true })
  expect([await tolerant.requests(), tolerant.parked()]).toEqual([20, 0])
  // It comes again, proven by its sender, which has been upgraded meanwhile.
  answer(testMasterKey, old)
  await tolerant.stop()
  const again = await start()
  expect([await again.requests(), again.parked()]).toEqual([20, 0])
  await again.stop()
})

test('batches under a master key that is not configured here are counted once it is', async () => {
  const { answer, start, pass } = world()
  answer(newKey)
  const before = await start()
  answer(newKey)
  await pass(2_000)
  expect([await before.requests(), before.parked()]).toEqual([0, 2])
  expect(before.troubles()).toEqual([expect.stringContaining('another master key')])
  await before.stop()
  const after = await start({ masterKeys: [testMasterKey, newKey] })
  expect([await after.requests(), after.parked(), after.troubles()]).toEqual([20, 0, []])
  await after.stop()
})

test('a forged batch leaves nothing behind', async () => {
  const { stream, answer, start } = world()
  answer(testMasterKey)
  const mac = usageMacOf(testMacs())
  const id = mac.idOf({ partition: (partition + 1) % 16, node, bytes: batchOf(11) })
  stream.plant({ partition, node, id, bytes: batchOf(11) })
  const one = await start({ acceptsUnsigned: true })
  expect([await one.requests(), one.parked()]).toEqual([10, 0])
  await one.stop()
})
