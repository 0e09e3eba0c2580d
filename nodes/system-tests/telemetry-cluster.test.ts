// The way of usage through a cluster, from the proxies that write it to the sums that a control node shows, while everything
// on it dies and the stream is away, loses acknowledgements, comes back shorter than it was or is made anew. Every answer
// whose end was let go is counted once, by each aggregator that keeps its partition.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Step, UsageCluster } from './test-usage-cluster.ts'

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
const hostile = [
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('stranger' as const),
      proxy: which,
      about: fc.constantFrom('invents' as const, 'goes-ahead' as const, 'repeats-elsewhere' as const),
    }),
  },
]
const stepsOf = (...kinds: { weight: number; arbitrary: fc.Arbitrary<Step> }[]) =>
  fc.array(fc.oneof(...kinds), { minLength: 5, maxLength: 25 })

describe('every answered request is counted exactly once, by each of two aggregators', () => {
  test('whatever dies', async () => {
    await holds(stepsOf(...harmless), 12)
  })

  test('and although the stream forgets what it acknowledged', async () => {
    await holds(stepsOf(...harmless, ...lossy), 20)
  })

  test('and although a stranger publishes usage', async () => {
    await holds(stepsOf(...harmless, ...hostile), 20)
  })
})

test('a takeover needs no more than 5 s, gives another epoch, and answers with what was known before', async () => {
  const world = new UsageCluster(1)
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
  const world = new UsageCluster(1)
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
  const world = new UsageCluster(1)
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

async function holds(steps: fc.Arbitrary<Step[]>, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), async (list, seed) => {
      const world = new UsageCluster(seed)
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
