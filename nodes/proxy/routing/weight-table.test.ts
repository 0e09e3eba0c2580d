import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sampleAttempt } from '../../../shared/telemetry/arbitrary-records.ts'
import type { TargetWeight } from '../../../shared/telemetry/weights.ts'
import { LatencyEstimate } from './latency-estimate.ts'
import { drawOf } from './seeded-draw.ts'
import { WeightTable } from './weight-table.ts'

const nowMs = 1_000_000

/** What the fleet says of a target. */
function said(over: Partial<TargetWeight> = {}): TargetWeight {
  const name = { model: 'fast', provider: 'up', target: 'm' }
  return { ...name, firstUs: 0, firstCount: 0, tokenUs: 0, tokenCount: 0, multiplier: 1, factors: {}, ...over }
}

/** An answer whose first token took `ms`. */
function streamed(ms: number) {
  return sampleAttempt({
    stream: true,
    ttftUs: ms * 1_000,
    totalUs: 2_000_000,
    tokens: { input: 1, output: 95, cached: 0 },
  })
}

function paceOf(...firstMs: number[]): LatencyEstimate {
  const latency = new LatencyEstimate()
  for (const ms of firstMs) latency.learn(streamed(ms), nowMs)
  return latency
}

function sharesOf(
  latencyEstimates: readonly LatencyEstimate[],
  atMs = nowMs,
  weights: readonly number[] = [],
): number[] {
  const table = new WeightTable(
    latencyEstimates.map((latency, index) => ({ latency, weight: weights[index] ?? 1 })),
    'first',
  )
  table.refresh(atMs)
  return [...table.shares].map((share) => Math.round(share * 100) / 100)
}

const many = (ms: number) => Array.from({ length: 200 }, () => ms)

test('shares are as targets are fast', () => {
  const [fast, slow] = sharesOf([paceOf(...many(100)), paceOf(...many(300))])
  expect(fast! / slow!).toBeCloseTo(3, 0)
})

test('a weight is a factor of the share', () => {
  expect(sharesOf([paceOf(...many(100)), paceOf(...many(100))], nowMs, [3, 1])).toEqual([0.75, 0.25])
})

test('without any knowledge shares are as the weights', () => {
  expect(sharesOf([new LatencyEstimate(), new LatencyEstimate()], nowMs, [1, 4])).toEqual([0.2, 0.8])
})

test('a target of which nothing is known gets the share of an average one', () => {
  const [fast, slow, unknown] = sharesOf([paceOf(...many(100)), paceOf(...many(300)), new LatencyEstimate()])
  expect(unknown).toBeCloseTo((fast! + slow!) / 2, 1)
})

test('a target that is far slower still gets enough to be measured', () => {
  const [, slow] = sharesOf([paceOf(...many(10)), paceOf(...many(60_000))])
  expect(slow).toBe(0.05)
})

test('what the fleet says counts where a proxy has measured nothing, and gives way to what it measures', () => {
  const latency = new LatencyEstimate()
  latency.applyFleetWeight(said({ firstUs: 400_000, firstCount: 50 }), nowMs)
  expect(latency.estimateUs('first', nowMs)).toBe(400_000)
  latency.learn(streamed(100), nowMs)
  expect(latency.estimateUs('first', nowMs)).toBeCloseTo(350_000)
  for (let i = 0; i < 50; i++) latency.learn(streamed(100), nowMs)
  expect(latency.estimateUs('first', nowMs)).toBeCloseTo(200_000)
})

test('own measurements that grow old give way to what the fleet says', () => {
  const latency = paceOf(...many(100))
  latency.applyFleetWeight(said({ firstUs: 400_000, firstCount: 50 }), nowMs + 60_000)
  expect(latency.estimateUs('first', nowMs + 60_000)).toBeGreaterThan(390_000)
})

test('a fleet that falls silent is believed for three periods, then ever less, and never steers to nothing', () => {
  const told = () => {
    const latency = new LatencyEstimate()
    latency.applyFleetWeight(said({ firstUs: 400_000, firstCount: 50, multiplier: 1e-9 }), nowMs)
    return latency
  }
  expect(told().multiplier(nowMs + 3_000)).toBeCloseTo(0.05)
  expect(told().multiplier(nowMs + 13_000)).toBeCloseTo(0.65, 1)
  expect(told().multiplier(nowMs + 120_000)).toBeCloseTo(1)
  expect(told().count('first', nowMs + 120_000)).toBeLessThan(0.01)
  expect(sharesOf([told(), paceOf()], nowMs + 120_000)).toEqual([0.5, 0.5])
})

test('a multiplier applies however well a target is measured', () => {
  const hit = paceOf(...many(100))
  hit.applyFleetWeight(said({ multiplier: 0.25 }), nowMs)
  expect(sharesOf([hit, paceOf(...many(100))])).toEqual([0.2, 0.8])
})

test('much slower than ever is believed at once, much faster is not', () => {
  const slowed = paceOf(...many(100), 5_000)
  expect(slowed.estimateUs('first', nowMs)).toBeGreaterThan(2_500_000)
  const hastened = paceOf(...many(5_000), 100)
  expect(hastened.estimateUs('first', nowMs)).toBeGreaterThan(4_800_000)
})

test('a time-out is as slow as it was waited for, and other failures say nothing', () => {
  const latency = new LatencyEstimate()
  for (const outcome of ['connect', 'http-error', 'reset', 'aborted'] as const) {
    latency.learn(sampleAttempt({ outcome, stream: true, totalUs: 1_000 }), nowMs)
  }
  expect(latency.count('first', nowMs)).toBe(0)
  latency.learn(sampleAttempt({ outcome: 'timeout', stream: true, ttftUs: 0, totalUs: 15_000_000 }), nowMs)
  expect(latency.estimateUs('first', nowMs)).toBe(15_000_000)
})

test('a target that recovers gets its share back within seconds', () => {
  const [slow, steady] = [paceOf(...many(800)), paceOf(...many(100))]
  expect(sharesOf([slow, steady])[0]).toBeLessThan(0.15)
  const recovering = (fromMs: number, toMs: number) => {
    for (let ms = fromMs; ms < toMs; ms += 250) {
      slow.learn(streamed(100), nowMs + ms)
      for (let i = 0; i < 4; i++) steady.learn(streamed(100), nowMs + ms)
    }
    return sharesOf([slow, steady], nowMs + toMs)[0]
  }
  expect(recovering(0, 15_000)).toBeGreaterThan(0.3)
  expect(recovering(15_000, 30_000)).toBeGreaterThan(0.45)
})

test('shares are numbered, worked out at most ten times a second, and always sum up to one', () => {
  const known = fc.record({
    firstUs: fc.nat(1e8),
    firstCount: fc.nat(50),
    multiplier: fc.double({ min: 0.01, max: 4, noNaN: true }),
  })
  fc.assert(
    fc.property(fc.array(known, { minLength: 1, maxLength: 20 }), fc.nat(60_000), (targets, ageMs) => {
      const latencyEstimates = targets.map((target) => {
        const latency = new LatencyEstimate()
        latency.applyFleetWeight(said(target), nowMs)
        return latency
      })
      const table = new WeightTable(
        latencyEstimates.map((latency) => ({ latency, weight: 1 })),
        'first',
      )
      table.refresh(nowMs + ageMs)
      table.refresh(nowMs + ageMs + 99)
      expect(table.revision).toBe(1)
      expect([...table.shares].reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
      for (const share of table.shares) expect(share).toBeGreaterThan(0)
    }),
  )
})

test('draws are spread evenly, whatever the seeds look like, and the same for the same seed', () => {
  for (const seedOf of [(i: number) => i, (i: number) => i << 16, () => 4_711]) {
    const table = new WeightTable(
      [
        { weight: 1, latency: paceOf(...many(100)) },
        { weight: 1, latency: paceOf(...many(300)) },
      ],
      'first',
    )
    table.refresh(nowMs)
    let first = 0
    for (let i = 0; i < 20_000; i++) if (table.pick(drawOf(seedOf(i), 0, i)) === 0) first++
    expect(first / 20_000).toBeCloseTo(table.shares[0]!, 1)
  }
  expect(drawOf(1, 0, 7)).toBe(drawOf(1, 0, 7))
  expect(drawOf(1, 1, 7)).not.toBe(drawOf(1, 0, 7))
})
