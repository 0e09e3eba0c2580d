import { describe, expect, test } from 'vitest'
import { report } from './report.ts'
import { planOf } from './shrink.ts'
import { type Outcome, simulate } from './simulate.ts'

const seeds = Number(process.env['SIMULATION_SEEDS'] ?? 500)
/** Worlds per test. The number is small so that a failure names its seed early, and no test lasts for minutes. */
const batch = 100
const outcomes: Outcome[] = []

describe('whatever goes wrong, once it is healed every promise was kept', () => {
  for (let first = 1; first <= seeds; first += batch) {
    const last = Math.min(first + batch - 1, seeds)
    test(`in the worlds ${first} to ${last}`, { timeout: 600_000 }, async () => {
      for (let seed = first; seed <= last; seed++) {
        const outcome = await simulate(planOf(seed))
        if (outcome.breach !== undefined) expect.fail(await report(seed, outcome.breach))
        outcomes.push({ ...outcome, trace: [] })
      }
    })
  }
})

test('the same seed gives the same world, step by step', { timeout: 120_000 }, async () => {
  for (let seed = 1; seed <= 25; seed++) {
    const { hash, steps } = await simulate(planOf(seed))
    expect({ seed, hash, steps }).toEqual({ seed, hash: outcomes[seed - 1]?.hash, steps: outcomes[seed - 1]?.steps })
  }
})

test('worlds differ, and what they are about happens in them', () => {
  expect(new Set(outcomes.map(({ hash }) => hash)).size).toBe(outcomes.length)
  const happened = (what: string) => outcomes.filter(({ counts }) => (counts[what] ?? 0) > 0).length
  const kinds = Object.keys(Object.assign({}, ...outcomes.map(({ counts }) => counts)))
  for (const kind of kinds.filter((name) => name.startsWith('fault '))) {
    expect(happened(kind), kind).toBeGreaterThan(seeds / 100)
  }
  const rare = ['answer full', 'answer outcome-unknown', 'answer rewound', 'stream duplicate', 'stream full']
  const common = [
    'answer written',
    'answer unavailable',
    'answer invalid',
    'answer damaged',
    'stream wrong-last-sequence',
  ]
  for (const what of rare) expect(happened(what), what).toBeGreaterThan(seeds / 500)
  for (const what of common) expect(happened(what), what).toBeGreaterThan(seeds / 20)
  expect(happened('notice log-alarm')).toBeGreaterThan(seeds / 20)
})
