import { afterEach, beforeEach, expect, test } from 'vitest'
import { bounds } from '../../shared/bounds.ts'
import { ManualClock } from '../../shared/clock.ts'
import type { Notice } from '../../shared/notice.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { decodeBatch, setPrevious } from '../../shared/telemetry/batch.ts'
import { BatchWriter } from '../../shared/telemetry/codec.ts'
import { partitionOf } from '../../shared/telemetry/partition.ts'
import { decodeStored, type Stored } from '../../shared/telemetry/stored.ts'
import { decodeJson, encodeJson, subjects, telemetryStoredOf } from '../bus/bus.ts'
import { LocalBus } from '../bus/local-bus.ts'
import { testMacs } from '../macs/test-macs.ts'
import { MemoryUsageStream } from './memory-usage-stream.ts'
import { usageMacOf } from './usage-mac.ts'
import { UsagePublisher } from './usage-publisher.ts'

let clock: ManualClock
let bus: LocalBus
let network: LocalBus
let stream: MemoryUsageStream
let publisher: UsagePublisher
let confirmed: Stored[]
let flow: boolean[]
let notices: Notice[]

beforeEach(() => {
  clock = new ManualClock()
  bus = new LocalBus()
  network = new LocalBus()
  stream = new MemoryUsageStream(clock)
  notices = []
  confirmed = []
  flow = []
  const here = { confirmed, flow }
  bus.subscribe(subjects.telemetryStored, (payload) => void here.confirmed.push(decodeStored(payload)!))
  bus.subscribe(subjects.telemetryFlow, (payload) => {
    const { isAccepting } = decodeJson(payload) as { isAccepting: boolean }
    if (here.flow.at(-1) !== isAccepting) here.flow.push(isAccepting)
  })
  publisher = openPublisher()
})

afterEach(() => {
  publisher.stop()
  bus.close()
  network.close()
})

test('one that begins anew hears the confirmation of what the one before it sent', async () => {
  offer(1, 4)
  await pass(100)
  publisher.stop()
  publisher = openPublisher()
  const stored = { node: 'proxy-1', epoch: 'boot-1', sequence: 4, gap: false }
  network.publish(telemetryStoredOf('proxy-1'), encodeJson(stored))
  await pass(0)
  expect(confirmed).toEqual([stored])
})

test('nothing is confirmed before an aggregator says so, whatever the stream acknowledges', async () => {
  offer(1, 4)
  await pass(5_000)
  expect([confirmed, (await stored()).length]).toEqual([[], 1])
  const word: Stored = { node: 'proxy-1', epoch: 'boot-1', sequence: 4, gap: false }
  network.publish(telemetryStoredOf('proxy-1'), encodeJson(word))
  network.publish(telemetryStoredOf('somebody else'), encodeJson({ ...word, sequence: 99 }))
  await pass(0)
  expect(confirmed).toEqual([word])
})

test('while the stream is away little is held and the sender is told; afterwards all that was held is there once', async () => {
  stream.isAway = true
  const size = batchOf(1, 200).length
  const count = Math.ceil((2 * bounds.usagePublishBytesMax) / size)
  for (let n = 0; n < count; n++) offer(1 + 200 * n, 200)
  await pass(3_000)
  expect(flow).toEqual([true, false])
  expect(publisher.queues()['usageToStream']!.length * size).toBeLessThanOrEqual(bounds.usagePublishBytesMax)
  expect(publisher.skipped).toBeGreaterThan(count / 3)
  expect(publisher.trouble).toBe('away')
  stream.isAway = false
  await pass(10_000)
  expect(flow).toEqual([true, false, true])
  const firsts = await stored()
  expect(firsts).toEqual([...new Set(firsts)])
  expect(firsts.length + publisher.skipped).toBe(count)
  expect([publisher.trouble, publisher.queues()['usageToStream']!.length]).toEqual([undefined, 0])
})

test('an acknowledgement that got lost is asked for again, and the batch is there once', async () => {
  let losses = 3
  stream.losesAck = () => losses-- > 0
  offer(1, 4)
  await pass(10_000)
  expect([await stored(), losses, publisher.trouble]).toEqual([[1], -1, undefined])
})

test('a stream that is full is told once, and taken up when it has room', async () => {
  stream.bytesMax = 10
  offer(1, 4)
  await pass(20_000)
  expect(notices.map(({ type }) => type)).toEqual(['warning'])
  stream.bytesMax = Number.POSITIVE_INFINITY
  await pass(5_000)
  expect(await stored()).toEqual([1])
})

function offer(first: number, count: number, previous = first - 1): void {
  const bytes = batchOf(first, count)
  setPrevious(bytes, previous)
  bus.publish(subjects.telemetryBatch, bytes)
}

function batchOf(first: number, count: number): Uint8Array {
  const writer = new BatchWriter(Buffer.alloc(100_000))
  writer.begin({ node: 'proxy-1', epoch: 'boot-1', firstSequence: first })
  for (let i = 0; i < count; i++) writer.single(sampleRequest(), sampleAttempt())
  return new Uint8Array(writer.bytes.subarray(0, writer.offset))
}

/** Returns the first sequences of the batches in the stream. */
async function stored(): Promise<number[]> {
  const feed = await stream.openFeed(partitionOf('proxy-1'), 0)
  if (!feed.ok) throw new Error('away')
  const waiting = feed.value.next(1)
  clock.advance(1)
  const page = await waiting
  feed.value.close()
  if (!page.ok) throw new Error('away')
  return page.value.messages.map(({ bytes }) => {
    const batch = decodeBatch(bytes)
    return batch.ok ? batch.value.firstSequence : 0
  })
}

async function pass(ms: number): Promise<void> {
  await settled()
  for (let left = ms; left > 0; left -= 50) {
    clock.advance(Math.min(left, 50))
    await settled()
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resume) => setImmediate(resume))
}

function openPublisher(): UsagePublisher {
  const mac = usageMacOf(testMacs({ clock }))
  const around = { stream, mac, bus, network, clock, notify: (notice: Notice) => void notices.push(notice) }
  const opened = new UsagePublisher({ node: 'proxy-1', ...around })
  opened.start()
  return opened
}
