// The way of usage through a cluster, from the proxies that write it to the sums that a control node shows, while everything
// on it dies and the stream is away, loses acknowledgements, comes back shorter than it was or is made anew. Every answer
// whose end was let go is counted once, by each aggregator that keeps its partition.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeJson, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { LeaseKeeper } from '../../cluster/leases/lease-keeper.ts'
import { MemoryLeaseStore } from '../../cluster/leases/memory-lease-store.ts'
import { PublishedWatch } from '../../cluster/membership/published-watch.ts'
import { Aggregators } from '../../cluster/telemetry-query/aggregators.ts'
import { MemoryUsageStream } from '../../cluster/telemetry-stream/memory-usage-stream.ts'
import { UsagePublisher } from '../../cluster/telemetry-stream/usage-publisher.ts'
import { type Chance, ManualClock } from '../../shared/clock.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { type Aggregator, startAggregator } from '../aggregator/main.ts'
import { bootEpoch, Recorder } from '../proxy/telemetry/recorder.ts'

type Step =
  | { type: 'answers'; proxy: number; count: number }
  | { type: 'time'; ms: number }
  | { type: 'stream'; weather: 'away' | 'foul' | 'fair' }
  | { type: 'stream-rewinds'; part: number }
  | { type: 'stream-is-made-anew' }
  | { type: 'proxy-dies' | 'link-dies'; proxy: number }
  | { type: 'aggregator-dies' | 'aggregator-comes'; aggregator: number }

const which = fc.integer({ min: 0, max: 1 })
const harmless = [
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('answers' as const),
      proxy: which,
      count: fc.integer({ min: 1, max: 30 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 6_000 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('stream' as const),
      weather: fc.constantFrom('away' as const, 'foul' as const, 'fair' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constantFrom('proxy-dies' as const, 'link-dies' as const), proxy: which }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom('aggregator-dies' as const, 'aggregator-comes' as const),
      aggregator: which,
    }),
  },
]
const lossy = [
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('stream-rewinds' as const),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'stream-is-made-anew' as const }) },
]
const stepsOf = (...kinds: { weight: number; arbitrary: fc.Arbitrary<Step> }[]) =>
  fc.array(fc.oneof(...kinds), { minLength: 5, maxLength: 25 })

describe('every answered request is counted exactly once, by each of two aggregators', () => {
  test('on one server, whatever dies and although the stream forgets what it acknowledged', async () => {
    await holds(1, stepsOf(...harmless, ...lossy), 20)
  })

  test('on three servers, whatever dies', async () => {
    await holds(3, stepsOf(...harmless), 12)
  })
})

test('a takeover needs no more than 5 s, gives another epoch, and answers with what was known before', async () => {
  const world = new World(1, 1)
  try {
    await world.take({ type: 'answers', proxy: 0, count: 30 })
    await world.pass(8_000)
    const before = world.owners()
    expect([...before.keys()]).toHaveLength(16)
    expect(new Set([...before.values()].map(({ aggregator }) => aggregator)).size).toBe(2)
    await world.take({ type: 'aggregator-dies', aggregator: 0 })
    await world.pass(5_000)
    const after = world.owners()
    for (const [partition, { aggregator, epoch }] of after) {
      expect(aggregator).toBe(1)
      if (before.get(partition)!.aggregator === 0) expect(epoch).toBeGreaterThan(before.get(partition)!.epoch)
      else expect(epoch).toBe(before.get(partition)!.epoch)
    }
    expect(after.size).toBe(16)
    expect((await world.usage()).requests).toBe(30)
    // When the first is back, it has its partitions again once it has read what it missed.
    await world.take({ type: 'aggregator-comes', aggregator: 0 })
    await world.pass(10_000)
    const again = world.owners()
    for (const [partition, { aggregator }] of again) expect(aggregator).toBe(before.get(partition)!.aggregator)
  } finally {
    await world.end()
  }
})

test('an aggregator that was away when a single server forgot what it had acknowledged is not believed', async () => {
  const world = new World(1, 1)
  try {
    await world.pass(8_000)
    await world.take({ type: 'aggregator-dies', aggregator: 0 })
    await world.pass(8_000)
    for (const proxy of [0, 1]) await world.take({ type: 'answers', proxy, count: 10 })
    await world.pass(8_000)
    expect(world.unconfirmed()).toBe(0)
    world.stream.rewind(0)
    await world.take({ type: 'aggregator-comes', aggregator: 0 })
    for (const proxy of [0, 1]) await world.take({ type: 'answers', proxy, count: 5 })
    await world.pass(20_000)
    expect((await world.usage()).requests).toBe(30)
    expect([world.usageOf(0).requests, world.usageOf(1).requests]).toEqual([10, 30])
  } finally {
    await world.end()
  }
})

test('while nobody answers for a partition it is named, and without aggregators there is no answer', async () => {
  const world = new World(1, 1)
  try {
    await world.take({ type: 'answers', proxy: 0, count: 4 })
    await world.pass(8_000)
    expect(await world.ask()).not.toHaveProperty('stale')
    world.stream.isAway = true
    await world.pass(20_000)
    const lagging = (await world.ask()) as { stale: { ageMs: number }[]; rows: { requests: number }[] }
    expect(lagging.rows[0]!.requests).toBe(4)
    expect(lagging.stale).toHaveLength(16)
    expect(lagging.stale[0]!.ageMs).toBeGreaterThan(15_000)
    await world.take({ type: 'aggregator-dies', aggregator: 0 })
    await world.take({ type: 'aggregator-dies', aggregator: 1 })
    expect(await world.ask()).toBeUndefined()
  } finally {
    await world.end()
  }
})

async function holds(replicas: number, steps: fc.Arbitrary<Step[]>, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), async (list, seed) => {
      const world = new World(seed, replicas)
      try {
        for (const step of list) await world.take(step)
        await world.heal()
        const truth = { requests: world.answered, inputTokens: world.tokens, costUsd: world.tokens / 1e9 }
        expect(await world.usage()).toEqual(truth)
        expect([world.usageOf(0), world.usageOf(1)]).toEqual([truth, truth])
        // Nothing that comes later changes it, and nobody holds anything back for ever.
        await world.pass(45_000)
        expect([world.usageOf(0), world.usageOf(1)]).toEqual([truth, truth])
        expect(world.unconfirmed()).toBe(0)
      } finally {
        await world.end()
      }
    }),
    { numRuns, endOnFailure: true, interruptAfterTimeLimit: 15_000, markInterruptAsFailure: false },
  )
}

interface ProxyNode {
  readonly bus: LocalBus
  readonly clock: MortalClock
  readonly node: string
  readonly recorder: Recorder
  publisher: { stop(): void }
}

interface AggregatorNode {
  readonly clock: MortalClock
  readonly bus: MemberBus
  readonly aggregator: Aggregator
  readonly sinceMs: number
}

class World {
  readonly clock = new ManualClock()
  readonly stream = new MemoryUsageStream(this.clock)
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

  constructor(seed: number, replicas: number) {
    this.#chance = chanceOf(seed)
    this.stream.replicas = replicas
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

  async heal(): Promise<void> {
    await this.take({ type: 'stream', weather: 'fair' })
    for (const aggregator of [0, 1]) await this.take({ type: 'aggregator-comes', aggregator })
    for (let i = 0; i < 60; i++) {
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

  #bootProxy(index: number): ProxyNode {
    const clock = new MortalClock(this.clock)
    const bus = new LocalBus()
    const node = `proxy-${index}`
    const recorder = new Recorder({
      node,
      epoch: bootEpoch(clock, this.#chance),
      bus,
      clock,
      notify: () => {},
      dataDir: join(this.#folder, node),
      afterTurn: (run: () => void) => void this.#turns.push(run),
      bounds: { batchBytesMax: 1_500, segmentBytesMax: 5_000, spoolBytesMax: 1 << 20 },
    })
    recorder.start()
    const proxy = { node, bus, clock, recorder, publisher: { stop: () => {} } }
    proxy.publisher = this.#bootPublisher(proxy)
    this.#everyProxy.push(proxy)
    return proxy
  }

  #bootPublisher({ node, bus, clock }: ProxyNode): UsagePublisher {
    const around = { stream: this.stream, bus, network: this.#network, clock, notify: () => {} }
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
      cluster: { stream: this.stream, leases, boot },
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

/** The clock of one process: when that dies, its timers fire no more. */
class MortalClock extends ManualClock {
  readonly #clock: ManualClock
  readonly #missed: (() => void)[] = []
  #dead = false

  constructor(clock: ManualClock) {
    super()
    this.#clock = clock
  }

  die(): void {
    this.#dead = true
  }

  /** Runs the timers that were missed, so that the process can be tidied up. */
  revive(): void {
    this.#dead = false
    for (const run of this.#missed.splice(0)) run()
  }

  override wallMs(): number {
    return this.#clock.wallMs()
  }

  override monotonicMs(): number {
    return this.#clock.monotonicMs()
  }

  override after(ms: number, run: () => void) {
    return this.#clock.after(ms, () => this.#alive(run))
  }

  override every(ms: number, run: () => void) {
    return this.#clock.every(ms, () => {
      if (!this.#dead) run()
    })
  }

  #alive(run: () => void): void {
    if (this.#dead) this.#missed.push(run)
    else run()
  }
}

/** One process's place on the network: with the process all that it said and served is gone. */
class MemberBus extends LocalBus {
  readonly #network: LocalBus
  readonly #serving = new Map<string, (payload: Uint8Array) => Promise<Uint8Array> | Uint8Array>()
  readonly #subscriptions: { stop(): void }[] = []
  #dead = false

  constructor(network: LocalBus) {
    super()
    this.#network = network
  }

  die(): void {
    this.#dead = true
    for (const subscription of this.#subscriptions) subscription.stop()
  }

  askOwn(subject: string, query: Uint8Array): Uint8Array {
    return this.#serving.get(subject)!(query) as Uint8Array
  }

  override publish(subject: string, payload: Uint8Array): void {
    if (!this.#dead) this.#network.publish(subject, payload)
  }

  override subscribe(...args: Parameters<LocalBus['subscribe']>) {
    const subscription = this.#network.subscribe(...args)
    this.#subscriptions.push(subscription)
    return subscription
  }

  override serve(...[subject, answer]: Parameters<LocalBus['serve']>) {
    this.#serving.set(subject, answer)
    const serving = this.#network.serve(subject, answer)
    this.#subscriptions.push(serving)
    return serving
  }
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

/** mulberry32 */
function chanceOf(seed: number): Chance {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
