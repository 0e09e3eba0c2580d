// The whole way of a usage record, from the proxy that writes it to the sum that the admin API shows, while both die at
// any moment and the bus loses, repeats and reorders what it carries. Every answer whose end was let go is counted once.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeJson, encodeJson } from '../../cluster/bus/bus.ts'
import { Dice } from '../../cluster/simulation/engine/dice.ts'
import { type Chance, ManualClock } from '../../shared/clock.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { startAggregator } from '../aggregator/main.ts'
import { bootEpoch, Recorder } from '../proxy/telemetry/recorder.ts'
import { FaultyBus } from './test-faulty-bus.ts'
import { MortalClock } from './test-mortal.ts'

type Step =
  | { type: 'answers'; count: number }
  | { type: 'time'; ms: number }
  | { type: 'bus'; weather: 'fair' | 'foul' }
  | { type: 'proxy-dies' }
  | { type: 'aggregator-dies' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('answers' as const), count: fc.integer({ min: 1, max: 40 }) }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 4_000 }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('bus' as const), weather: fc.constantFrom('fair', 'foul') }) },
  { weight: 1, arbitrary: fc.constant({ type: 'proxy-dies' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'aggregator-dies' as const }) },
)

test('whatever dies and whatever the bus does, every answered request is counted exactly once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), fc.nat(), async (steps, seed) => {
      const world = new World(seed)
      try {
        for (const next of steps) await world.take(next)
        const counted = await world.heal()
        expect(counted).toEqual({ requests: world.answered, inputTokens: world.tokens, costUsd: world.tokens / 1e9 })
        // Nothing that comes later changes it.
        await world.take({ type: 'time', ms: 40_000 })
        expect(world.usage()).toEqual(counted)
      } finally {
        world.end()
      }
    }),
    { numRuns: 25, endOnFailure: true, interruptAfterTimeLimit: 12_000, markInterruptAsFailure: false },
  )
})

test('while the proxy lives, a spool that is too small for what waits loses nothing either', async () => {
  const steps = fc.array(
    step.filter(({ type }) => type !== 'proxy-dies'),
    { minLength: 5, maxLength: 25 },
  )
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), fc.integer({ min: 0, max: 6_000 }), async (list, seed, spoolBytesMax) => {
      const world = new World(seed, spoolBytesMax)
      try {
        for (const next of list) await world.take(next)
        expect((await world.heal()).requests).toBe(world.answered)
      } finally {
        world.end()
      }
    }),
    { numRuns: 15, endOnFailure: true, interruptAfterTimeLimit: 6_000, markInterruptAsFailure: false },
  )
})

test('an aggregator that lost its database takes what proxies still hold, and goes on from there', async () => {
  const world = new World(1)
  try {
    await world.take({ type: 'answers', count: 30 })
    expect((await world.heal()).requests).toBe(30)
    world.loseDatabase()
    await world.take({ type: 'answers', count: 12 })
    await world.take({ type: 'time', ms: 2_000 })
    await world.take({ type: 'time', ms: 2_000 })
    // The thirty were confirmed and deleted, or are still in the segment that the proxy holds.
    expect([12, 42]).toContain(world.usage().requests)
  } finally {
    world.end()
  }
})

interface ProxyNode {
  recorder: Recorder
  stop: () => void
}

interface AggregatorNode {
  ask: (query: unknown) => unknown
  stop: () => void
}

class World {
  readonly clock = new ManualClock()
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'headgate-exactly-once-'))
  readonly #spoolBytesMax: number
  readonly #chance: Chance
  readonly #bus: FaultyBus
  #turns: (() => void)[] = []
  #proxy: ProxyNode
  #aggregator: AggregatorNode
  answered = 0
  tokens = 0

  constructor(seed: number, spoolBytesMax = 1 << 20) {
    this.#spoolBytesMax = spoolBytesMax
    this.#chance = new Dice(seed).chance
    this.#bus = new FaultyBus(this.#chance)
    this.#aggregator = this.#bootAggregator()
    this.#proxy = this.#bootProxy()
  }

  async take(next: Step): Promise<void> {
    switch (next.type) {
      case 'answers':
        return this.#answer(next.count)
      case 'time':
        return this.#pass(next.ms)
      case 'bus':
        this.#bus.foul = next.weather === 'foul'
        return
      case 'proxy-dies':
        this.#proxy.stop()
        this.#proxy = this.#bootProxy()
        return
      case 'aggregator-dies':
        this.#aggregator.stop()
        this.#aggregator = this.#bootAggregator()
    }
  }

  loseDatabase(): void {
    this.#aggregator.stop()
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(this.#dataDir, `usage.sqlite${suffix}`), { force: true })
    this.#aggregator = this.#bootAggregator()
  }

  async heal(): Promise<ReturnType<World['usage']>> {
    this.#bus.foul = false
    for (let i = 0; i < 60 && this.usage().requests < this.answered; i++) await this.#pass(1_500)
    return this.usage()
  }

  usage(): { requests: number; inputTokens: number; costUsd: number } {
    const { rows } = this.#aggregator.ask({ type: 'usage', groupBy: [] }) as { rows: Record<string, number>[] }
    const { requests = 0, inputTokens = 0, costUsd = 0 } = rows[0] ?? {}
    return { requests, inputTokens, costUsd }
  }

  end(): void {
    this.#proxy.stop()
    this.#aggregator.stop()
    rmSync(this.#dataDir, { recursive: true, force: true })
  }

  #answer(count: number): void {
    for (let i = 0; i < count; i++) {
      const requestId = `request-${this.answered + i}`
      const input = 1 + Math.floor(this.#chance() * 50)
      const paid = { requestId, tokens: { input, output: 1, cached: 0 }, costNanoUsd: input }
      const attempts = [sampleAttempt(paid)]
      if (this.#chance() < 0.2) attempts.unshift(sampleAttempt({ requestId, outcome: 'timeout', costNanoUsd: 0 }))
      this.#proxy.recorder.finish(sampleRequest({ ...paid, attempts: attempts.length }), attempts, () => {
        this.answered++
        this.tokens += input
      })
    }
    for (const run of this.#turns.splice(0)) run()
  }

  async #pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 250) {
      this.clock.advance(Math.min(left, 250))
      this.#bus.deliver()
      // Real reads of the spool take turns of the real event loop.
      for (let i = 0; i < 3; i++) await new Promise((resume) => setImmediate(resume))
    }
    await new Promise((resume) => setTimeout(resume, 1))
    this.#bus.deliver()
  }

  #bootProxy(): ProxyNode {
    const clock = new MortalClock(this.clock)
    const bus = this.#bus.member()
    const recorder = new Recorder({
      node: 'proxy-1',
      epoch: bootEpoch(clock, this.#chance),
      dataDir: this.#dataDir,
      bus,
      clock,
      notify: () => {},
      afterTurn: (run: () => void) => void this.#turns.push(run),
      bounds: { batchBytesMax: 1_500, segmentBytesMax: 5_000, spoolBytesMax: this.#spoolBytesMax },
    })
    recorder.start()
    const stop = (): void => {
      clock.die()
      bus.close()
    }
    return { recorder, stop }
  }

  #bootAggregator(): AggregatorNode {
    const clock = new MortalClock(this.clock)
    const bus = this.#bus.member()
    startAggregator({
      dataDir: this.#dataDir,
      bus,
      clock,
      notify: () => {},
      node: 'aggregator-1',
      ledgerKeys: [new Uint8Array(32)],
    })
    const ask = (query: unknown): unknown => decodeJson(bus.ask(encodeJson(query)))
    const stop = (): void => {
      clock.die()
      bus.close()
    }
    return { ask, stop }
  }
}
