// Disks under usage in a cluster. The power is cut under a single NATS server that syncs its disk only now and then: of the
// usage that it acknowledged much is gone when it is back, and nothing of it is lost, because proxies keep what the
// aggregators that keep up have not committed. The disk of an aggregator is full or turns read-only: it has everything once
// it can write again, and meanwhile the other one answers.

import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { decodeJson, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { NatsBus } from '../../cluster/bus/nats-bus.ts'
import { connectedLink } from '../../cluster/config-log/replication/jetstream-rig.ts'
import { mountLoopDisk } from '../../cluster/config-log/sqlite/loop-disk-rig.ts'
import { JetStreamLeaseStore } from '../../cluster/leases/jetstream-lease-store.ts'
import { LeaseKeeper } from '../../cluster/leases/lease-keeper.ts'
import { testMacs } from '../../cluster/macs/test-macs.ts'
import { findNatsServer, startNatsRig } from '../../cluster/nats/nats-rig.ts'
import { JetStreamUsageStream } from '../../cluster/telemetry-stream/jetstream-usage-stream.ts'
import { usageMacOf } from '../../cluster/telemetry-stream/usage-mac.ts'
import { UsagePublisher } from '../../cluster/telemetry-stream/usage-publisher.ts'
import { systemClock } from '../../shared/clock.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { startAggregator } from '../aggregator/main.ts'
import { bootEpoch, Recorder } from '../proxy/telemetry/recorder.ts'

const clock = systemClock
const around = { clock, chance: Math.random, notify: () => {} }
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

test('an aggregator whose disk was full has everything once there is room', async (context) => {
  if (findNatsServer() === undefined) return context.skip('nats-server is not installed')
  const disk = mountLoopDisk(16)
  if (disk === undefined) return context.skip('mounting a disk image needs root and mkfs.ext4')
  cleanups.push(() => disk.dispose())
  const { url, folder } = await openServer()
  const well = await openAggregator(url, folder, 'a')
  const full = await openAggregator(url, disk.folder, 'b')
  const proxy = await openProxy(url, folder)
  const load = proxy.answerSteadily()
  await expect.poll(full.requests, within).toBeGreaterThan(0)
  const filler = join(disk.folder, 'filler')
  expect(() => {
    for (;;) appendFileSync(filler, Buffer.alloc(64 << 10))
  }).toThrow(/ENOSPC/)
  await expect.poll(full.troubles, within).toContain('usage cannot be committed')
  await proxy.more(100)
  // It ends without having committed what it took, and what it had read of the stream is not behind it.
  await full.close()
  rmSync(filler)
  const again = await openAggregator(url, disk.folder, 'b')
  await load.stop()
  const counted = async () => [await well.requests(), await again.requests()]
  await expect.poll(counted, within).toEqual([proxy.answered(), proxy.answered()])
})

test('an aggregator whose disk turned read-only goes on from what that disk has', async (context) => {
  if (findNatsServer() === undefined) return context.skip('nats-server is not installed')
  const disk = mountLoopDisk(16, 'errors=remount-ro')
  if (disk === undefined) return context.skip('mounting a disk image needs root and mkfs.ext4')
  cleanups.push(() => disk.dispose())
  const { url, folder } = await openServer()
  const well = await openAggregator(url, folder, 'a')
  const failing = await openAggregator(url, disk.folder, 'b')
  const proxy = await openProxy(url, folder)
  const load = proxy.answerSteadily()
  await expect.poll(failing.requests, within).toBeGreaterThan(0)
  await proxy.more(100)
  if (!disk.turnReadOnly()) {
    await load.stop()
    return context.skip('this kernel does not let a test make a disk fail')
  }
  await expect.poll(failing.troubles, within).toContain('usage cannot be committed')
  await proxy.more(100)
  await failing.close()
  const repaired = disk.cutPower()
  cleanups.push(() => repaired.dispose())
  const again = await openAggregator(url, repaired.folder, 'b')
  await load.stop()
  const counted = async () => [await well.requests(), await again.requests()]
  await expect.poll(counted, within).toEqual([proxy.answered(), proxy.answered()])
})

test('what a server forgot that it had acknowledged is counted once by both aggregators', async (context) => {
  if (findNatsServer() === undefined) return context.skip('nats-server is not installed')
  const disk = mountLoopDisk(64)
  if (disk === undefined) return context.skip('mounting a disk image needs root and mkfs.ext4')
  cleanups.push(() => disk.dispose())
  const rig = await startNatsRig({ storeRoot: disk.folder })
  cleanups.push(() => rig.dispose())
  const folder = mkdtempSync(join(tmpdir(), 'headgate-power-cut-'))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  const aggregators = [await openAggregator(rig.url, folder, 'a'), await openAggregator(rig.url, folder, 'b')]
  const proxy = await openProxy(rig.url, folder)
  const watch = new JetStreamUsageStream({ link: await openLink(rig.url), clock, mayCreate: false })
  const last = async () => {
    const facts = await watch.facts()
    return facts.ok ? facts.value.lastSequence : -1
  }
  const counted = async () => [await aggregators[0]!.requests(), await aggregators[1]!.requests()]

  const load = proxy.answerSteadily()
  await expect.poll(last, within).toBeGreaterThan(5)
  // So far the disk has it: the stream will be there, and shorter.
  execFileSync('sync')
  const synced = proxy.acknowledged()
  await expect.poll(proxy.acknowledged, within).toBeGreaterThan(synced + 20)
  rig.server.pause()
  const after = disk.cutPower()
  await rig.server.kill()
  const before = proxy.acknowledged()
  execFileSync('mount', ['--bind', after.folder, disk.folder])
  cleanups.push(
    () => after.dispose(),
    async () => {
      await rig.kill()
      execFileSync('umount', [disk.folder])
    },
  )
  await rig.server.start()
  await expect.poll(last, within).toBeGreaterThanOrEqual(0)
  const found = await last()
  await proxy.more(100)
  await load.stop()
  expect(found).toBeLessThan(before)
  await expect.poll(counted, within).toEqual([proxy.answered(), proxy.answered()])
  // What is counted twice would come now.
  await pause(2_000)
  expect(await counted()).toEqual([proxy.answered(), proxy.answered()])
  await context.annotate(`${before - found} of ${before} batches that were acknowledged were gone; no request was`)
})

async function openServer() {
  const rig = await startNatsRig()
  const folder = mkdtempSync(join(tmpdir(), 'headgate-usage-'))
  cleanups.push(
    () => rmSync(folder, { recursive: true, force: true }),
    () => rig.dispose(),
  )
  return { url: rig.url, folder }
}

const within = { timeout: 60_000, interval: 100 }

async function openLink(url: string) {
  const link = await connectedLink(url)
  cleanups.push(() => link.close())
  return link
}

async function openAggregator(url: string, folder: string, node: string) {
  const link = await openLink(url)
  const macs = testMacs()
  const bus = new NatsBus({ link, ...around, macs })
  const boot = randomUUID()
  const leases = new LeaseKeeper({
    store: new JetStreamLeaseStore({ link, mac: macs.channel('leases') }),
    clock,
    owner: `${node}/${boot}`,
  })
  leases.start()
  const stream = new JetStreamUsageStream({ link, clock, mayCreate: true })
  const cluster = { stream, mac: usageMacOf(macs), leases, boot }
  // Asked in this process, because over the network either of the two would answer.
  const own = new OwnAnswers(bus)
  const aggregator = startAggregator({
    ...around,
    bus: own,
    node,
    cluster,
    dataDir: join(folder, node),
    ledgerKeys: [new Uint8Array(32)],
  })
  let closing: Promise<void> | undefined
  const end = async (): Promise<void> => {
    await leases.stop()
    await aggregator.close()
    bus.close()
  }
  const close = () => {
    closing ??= end()
    return closing
  }
  cleanups.push(close)
  return {
    close,
    requests: () => own.requests(),
    troubles: () => aggregator.troubles().map(({ reason }) => reason),
  }
}

/** The bus of one aggregator, which also answers here what it serves there. */
class OwnAnswers {
  readonly #bus: NatsBus
  readonly #answers = new Map<string, (payload: Uint8Array) => Promise<Uint8Array> | Uint8Array>()

  constructor(bus: NatsBus) {
    this.#bus = bus
  }

  publish(...args: Parameters<NatsBus['publish']>) {
    this.#bus.publish(...args)
  }

  subscribe(...args: Parameters<NatsBus['subscribe']>) {
    return this.#bus.subscribe(...args)
  }

  request(...args: Parameters<NatsBus['request']>) {
    return this.#bus.request(...args)
  }

  serve(...[subject, answer]: Parameters<NatsBus['serve']>) {
    this.#answers.set(subject, answer)
    return this.#bus.serve(subject, answer)
  }

  close() {
    this.#bus.close()
  }

  async requests(): Promise<number> {
    const answer = await this.#answers.get(subjects.aggregatorQuery)!(encodeJson({ type: 'usage', groupBy: [] }))
    return (decodeJson(answer) as { rows: { requests: number }[] }).rows[0]?.requests ?? 0
  }
}

async function openProxy(url: string, folder: string) {
  const link = await openLink(url)
  const network = new NatsBus({ link, ...around, macs: testMacs() })
  const bus = new LocalBus()
  const stream = new CountedStream({ link, clock, mayCreate: false })
  const publisher = new UsagePublisher({
    node: 'proxy-1',
    stream,
    mac: usageMacOf(testMacs()),
    bus,
    network,
    clock,
    notify: () => {},
  })
  const epoch = bootEpoch(clock, Math.random)
  const recorder = new Recorder({ node: 'proxy-1', epoch, dataDir: folder, bus, clock, notify: () => {} })
  recorder.start()
  publisher.start()
  cleanups.push(async () => {
    await recorder.close()
    publisher.stop()
    bus.close()
    network.close()
  })
  let answered = 0
  const answer = (): void => {
    for (let i = 0; i < 5; i++) {
      const about = { requestId: `request-${answered + i}`, atMs: clock.wallMs() }
      recorder.finish(sampleRequest(about), [sampleAttempt(about)], () => answered++)
    }
  }
  return {
    answered: () => answered,
    /** Resolves once so many more are answered. */
    more(count: number) {
      const before = answered
      return expect.poll(() => answered, within).toBeGreaterThanOrEqual(before + count)
    },
    acknowledged: () => stream.acknowledged,
    answerSteadily() {
      const timer = setInterval(answer, 20)
      return {
        async stop() {
          clearInterval(timer)
          // What was answered last is let go at the end of its turn.
          await pause(1)
        },
      }
    },
  }
}

class CountedStream extends JetStreamUsageStream {
  acknowledged = 0

  override async publish(...args: Parameters<JetStreamUsageStream['publish']>) {
    const outcome = await super.publish(...args)
    if (outcome.ok) this.acknowledged++
    return outcome
  }
}
