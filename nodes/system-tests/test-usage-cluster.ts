// A cluster on the way of usage: two proxies, two aggregators and a control node over one stream, all under a clock that the
// test moves, and what may happen to them.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { decodeJson, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { LeaseKeeper } from '../../cluster/leases/lease-keeper.ts'
import { MemoryLeaseStore } from '../../cluster/leases/memory-lease-store.ts'
import { testMacs } from '../../cluster/macs/test-macs.ts'
import { PublishedWatch } from '../../cluster/membership/published-watch.ts'
import { Dice } from '../../cluster/simulation/engine/dice.ts'
import { Aggregators } from '../../cluster/telemetry-query/aggregators.ts'
import { MemoryUsageStream } from '../../cluster/telemetry-stream/memory-usage-stream.ts'
import { usageMacOf } from '../../cluster/telemetry-stream/usage-mac.ts'
import { UsagePublisher } from '../../cluster/telemetry-stream/usage-publisher.ts'
import { type Chance, ManualClock } from '../../shared/clock.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { type BatchHeader, BatchWriter } from '../../shared/telemetry/codec.ts'
import { partitionOf, partitionsCount } from '../../shared/telemetry/partition.ts'
import { type Aggregator, startAggregator } from '../aggregator/main.ts'
import { bootEpoch, Recorder } from '../proxy/telemetry/recorder.ts'
import { MemberBus, MortalClock } from './test-mortal.ts'

export type Step =
  | { type: 'answers'; proxy: number; count: number }
  | { type: 'time'; ms: number }
  | { type: 'stream'; weather: 'away' | 'foul' | 'fair' }
  | { type: 'stream-rewinds'; part: number }
  | { type: 'stream-is-made-anew' }
  | { type: 'stranger'; proxy: number; about: 'invents' | 'goes-ahead' | 'repeats-elsewhere' }
  | { type: 'proxy-dies' | 'link-dies'; proxy: number }
  | { type: 'aggregator-dies' | 'aggregator-comes'; aggregator: number }

interface ProxyNode {
  readonly bus: LocalBus
  readonly clock: MortalClock
  readonly node: string
  readonly epoch: string
  readonly recorder: Recorder
  publisher: { stop(): void }
}

interface AggregatorNode {
  readonly clock: MortalClock
  readonly bus: MemberBus
  readonly aggregator: Aggregator
  readonly sinceMs: number
}

export class UsageCluster {
  readonly clock = new ManualClock()
  readonly stream = new MemoryUsageStream(this.clock)
  readonly #mac = usageMacOf(testMacs({ clock: this.clock }))
  readonly #network = new LocalBus()
  readonly #leaseStore = new MemoryLeaseStore()
  readonly #folder = mkdtempSync(join(tmpdir(), 'headgate-usage-cluster-'))
  readonly #chance: Chance
  readonly #control: Aggregators
  readonly #published: PublishedWatch
  #turns: (() => void)[] = []
  #proxies: ProxyNode[]
  readonly #everyProxy: ProxyNode[] = []
  #aggregators: (AggregatorNode | undefined)[]
  #boots = 0
  answered = 0
  tokens = 0

  constructor(seed: number) {
    this.#chance = new Dice(seed).chance
    this.#published = new PublishedWatch(this.#network, this.clock)
    const around = { bus: this.#network, clock: this.clock, published: this.#published }
    this.#control = new Aggregators({ ...around, isClustered: true })
    this.#aggregators = [0, 1].map((index) => this.#bootAggregator(index))
    this.#proxies = [0, 1].map((index) => this.#bootProxy(index))
  }

  async take(step: Step): Promise<void> {
    switch (step.type) {
      case 'answers':
        return this.#answer(this.#proxies[step.proxy]!, step.count)
      case 'time':
        return this.pass(step.ms)
      case 'stream':
        this.stream.isAway = step.weather === 'away'
        this.stream.losesAck = () => step.weather === 'foul' && this.#chance() < 0.3
        return
      // What nobody can hold against one server: it forgets, and one of those who could know better is away.
      case 'stream-rewinds': {
        if (!this.#isKeptTwice) return
        const facts = await this.stream.facts()
        if (facts.ok) this.stream.rewind(Math.floor(facts.value.lastSequence * step.part))
        return
      }
      case 'stream-is-made-anew':
        if (this.#isKeptTwice) this.stream.recreate()
        return
      case 'stranger':
        return this.#pretend(step)
      case 'proxy-dies':
        this.#stopProxy(step.proxy)
        this.#proxies[step.proxy] = this.#bootProxy(step.proxy)
        return
      case 'link-dies': {
        const proxy = this.#proxies[step.proxy]!
        proxy.publisher.stop()
        proxy.publisher = this.#bootPublisher(proxy)
        return
      }
      case 'aggregator-dies':
        return this.#stopAggregator(step.aggregator)
      case 'aggregator-comes':
        this.#aggregators[step.aggregator] ??= this.#bootAggregator(step.aggregator)
    }
  }

  /** Whether both aggregators have had time to read everything. */
  get #isKeptTwice(): boolean {
    const nowMs = this.clock.monotonicMs()
    return this.#aggregators.every((node) => node !== undefined && nowMs - node.sinceMs > 15_000)
  }

  /** Ends the faults, and waits until both aggregators have all, at most four minutes: where confirmations were lost more than once,
   *  a record is sent again only after its pauses have grown. */
  async heal(): Promise<void> {
    await this.take({ type: 'stream', weather: 'fair' })
    for (const aggregator of [0, 1]) await this.take({ type: 'aggregator-comes', aggregator })
    for (let i = 0; i < 120; i++) {
      await this.pass(2_000)
      const counted = [0, 1].map((index) => this.usageOf(index).requests)
      if (counted.every((requests) => requests >= this.answered)) return
    }
  }

  /** The usage that a control node shows. */
  async usage(): Promise<Sums> {
    return sumsOf(await this.ask())
  }

  /** The usage that one aggregator has. */
  usageOf(index: number): Sums {
    const { bus } = this.#aggregators[index]!
    return sumsOf(decodeJson(bus.askOwn(subjects.aggregatorQuery, encodeJson({ type: 'usage', groupBy: [] }))))
  }

  async ask(): Promise<unknown> {
    const asking = this.#control.ask({ type: 'usage', groupBy: [] })
    let answer: Awaited<typeof asking> | undefined
    void asking.then((settled) => {
      answer = settled
    })
    for (let i = 0; i < 100 && answer === undefined; i++) await this.pass(50)
    return answer?.ok === true ? answer.value : undefined
  }

  owners(): Map<number, { aggregator: number; epoch: number }> {
    const owners = new Map<number, { aggregator: number; epoch: number }>()
    for (const [aggregator, node] of this.#aggregators.entries()) {
      for (const { partition, epoch } of node?.aggregator.owned() ?? []) {
        expect(owners.has(partition), `two own partition ${partition}`).toBe(false)
        owners.set(partition, { aggregator, epoch })
      }
    }
    return owners
  }

  unconfirmed(): number {
    const lengths = this.#proxies.map(({ recorder }) => recorder.queues()['telemetryUnconfirmed']?.length ?? 0)
    return lengths.reduce((sum, length) => sum + length, 0)
  }

  async end(): Promise<void> {
    for (const index of [0, 1]) {
      this.#stopProxy(index)
      this.#stopAggregator(index)
    }
    this.#control.stop()
    this.#published.stop()
    this.#network.close()
    await this.#closeFiles()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** A walk of a dead proxy stands where its clock stopped, with a file open. */
  async #closeFiles(): Promise<void> {
    for (const { clock } of this.#everyProxy) clock.revive()
    const closing = Promise.all(this.#everyProxy.map(({ recorder }) => recorder.close()))
    await this.pass(2_000)
    await closing
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      this.clock.advance(Math.min(left, 100))
      await turns()
    }
    await turns()
  }

  async #answer(proxy: ProxyNode, count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const requestId = `request-${this.answered + i}`
      const input = 1 + Math.floor(this.#chance() * 50)
      const paid = { requestId, tokens: { input, output: 1, cached: 0 }, costNanoUsd: input }
      proxy.recorder.finish(sampleRequest(paid), [sampleAttempt(paid)], () => {
        this.answered++
        this.tokens += input
      })
    }
    for (const run of this.#turns.splice(0)) run()
  }

  /** Somebody without the master key publishes usage: of a boot that never was, beyond what the proxy has sent, or what it has sent
   *  in another partition. */
  async #pretend({ proxy, about }: Extract<Step, { type: 'stranger' }>): Promise<void> {
    const { node, epoch } = this.#proxies[proxy]!
    const partition = (partitionOf(node) + (about === 'repeats-elsewhere' ? 1 : 0)) % partitionsCount
    const heard = await this.#overhear(partitionOf(node))
    const invented = batchOf({ node, epoch: about === 'invents' ? 'nobody' : epoch, firstSequence: 1 + this.answered })
    const { bytes, id } =
      about === 'repeats-elsewhere' && heard !== undefined ? heard : { bytes: invented, id: heard?.id ?? '' }
    this.stream.plant({ partition, node, id, bytes })
  }

  async #overhear(partition: number) {
    const feed = await this.stream.openFeed(partition, 0)
    const page = feed.ok ? await Promise.race([feed.value.next(1), turns()]) : undefined
    return page?.ok === true ? page.value.messages.at(-1) : undefined
  }

  #bootProxy(index: number): ProxyNode {
    const clock = new MortalClock(this.clock)
    const bus = new LocalBus()
    const node = `proxy-${index}`
    const epoch = bootEpoch(clock, this.#chance)
    const recorder = new Recorder({
      node,
      epoch,
      bus,
      clock,
      notify: () => {},
      dataDir: join(this.#folder, node),
      afterTurn: (run: () => void) => void this.#turns.push(run),
      bounds: { batchBytesMax: 1_500, segmentBytesMax: 5_000, spoolBytesMax: 1 << 20 },
    })
    recorder.start()
    const proxy = { node, epoch, bus, clock, recorder, publisher: { stop: () => {} } }
    proxy.publisher = this.#bootPublisher(proxy)
    this.#everyProxy.push(proxy)
    return proxy
  }

  #bootPublisher({ node, bus, clock }: ProxyNode): UsagePublisher {
    const around = { stream: this.stream, mac: this.#mac, bus, network: this.#network, clock, notify: () => {} }
    const publisher = new UsagePublisher({ node, ...around })
    publisher.start()
    return publisher
  }

  #stopProxy(index: number): void {
    const { clock, publisher, bus } = this.#proxies[index]!
    clock.die()
    publisher.stop()
    bus.close()
  }

  #bootAggregator(index: number): AggregatorNode {
    const clock = new MortalClock(this.clock)
    const bus = new MemberBus(this.#network)
    const boot = `boot-${++this.#boots}`
    const node = `aggregator-${index}`
    const leases = new LeaseKeeper({ store: this.#leaseStore, clock, owner: `${node}/${boot}` })
    leases.start()
    const aggregator = startAggregator({
      bus,
      clock,
      node,
      notify: () => {},
      dataDir: join(this.#folder, node),
      cluster: { stream: this.stream, mac: this.#mac, leases, boot },
      ledgerKeys: [new Uint8Array(32)],
    })
    return { clock, bus, aggregator, sinceMs: clock.monotonicMs() }
  }

  /** Ends an aggregator as a kill does: what was not committed is gone. */
  #stopAggregator(index: number): void {
    const node = this.#aggregators[index]
    this.#aggregators[index] = undefined
    node?.clock.die()
    node?.bus.die()
  }
}

function batchOf(header: BatchHeader): Uint8Array {
  const writer = new BatchWriter(Buffer.alloc(100_000))
  writer.begin(header)
  for (let i = 0; i < 20; i++) writer.single(sampleRequest(), sampleAttempt())
  return new Uint8Array(writer.bytes.subarray(0, writer.offset))
}

interface Sums {
  requests: number
  inputTokens: number
  costUsd: number
}

function sumsOf(answer: unknown): Sums {
  const { rows } = answer as { rows: Record<string, number>[] }
  const { requests = 0, inputTokens = 0, costUsd = 0 } = rows[0] ?? {}
  return { requests, inputTokens, costUsd }
}

async function turns(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resume) => setImmediate(resume))
}
