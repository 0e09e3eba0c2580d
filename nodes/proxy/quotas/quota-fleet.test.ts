// Four proxies share one account at a provider that is asked for half more than it takes. The provider has a bucket of its own, counts as
// it likes and tells its limits as real ones do; the proxies are the real ones without sockets, on a clock that is moved.
import { expect, test } from 'vitest'
import { chatSize, type FleetCaller, QuotaFleet, quantile, seeded } from './test-quota-fleet.ts'
import { type QuotaDialect, QuotaUpstream } from './test-quota-upstream.ts'

const seeds = Number(process.env['QUOTA_SEEDS'] ?? 1)
const tpm = 1_500_000
const learningMs = 180_000
const measuredMs = 240_000

interface Case {
  readonly dialect: QuotaDialect
  readonly heavyNodes?: readonly number[]
  readonly delayMs?: number
  readonly nodes?: number
}

async function overload({ dialect, nodes = 4, delayMs = 2, ...row }: Case, seed: number) {
  const everywhere = Array.from({ length: nodes }, (_, index) => index)
  const { heavyNodes = everywhere } = row
  const random = seeded(seed)
  const upstream = new QuotaUpstream(dialect, { tpm })
  const fleet = new QuotaFleet({ nodes, upstream, random, delayMs })
  const callerOf = (id: string, share: number, nodes: readonly number[]): FleetCaller => ({
    tenant: { id, weight: 1, priority: 'normal' },
    tpm: tpm * share,
    nodes,
    size: chatSize(random),
  })
  const heavy = callerOf('heavy', 1.45, heavyNodes)
  const light = callerOf('light', 0.05, everywhere)
  await fleet.run([heavy, light], learningMs)
  const before = { taken: upstream.taken, requests: upstream.requests, rejections: upstream.rejections }
  fleet.figuresOf(light).waits.length = 0
  await fleet.run([heavy, light], measuredMs)
  const { granted, shed, waits } = fleet.figuresOf(light)
  const figures = {
    used: (upstream.taken - before.taken) / ((tpm * measuredMs) / 60_000),
    rejected: (upstream.rejections - before.rejections) / (upstream.requests - before.requests),
    lightP99: quantile(waits, 0.99),
    lightShed: shed / (granted + shed),
  }
  await fleet.run([], 60_000)
  return { ...figures, open: fleet.open, held: fleet.held, waiting: fleet.waiting }
}

const cases: [string, Case][] = [
  ...(['openai', 'azure', 'anthropic', 'groq', 'cerebras', 'mistral'] as const).map((dialect): [string, Case] => [
    dialect,
    { dialect },
  ]),
  ['a heavy tenant at one proxy', { dialect: 'openai', heavyNodes: [0] }],
  ['messages that take 100 ms', { dialect: 'groq', delayMs: 100 }],
]

test.each(cases)(
  '%s: what it takes is used, next to nothing is rejected, and a light tenant does not wait for a heavy one',
  async (_, row) => {
    for (let seed = 1; seed <= seeds; seed++) {
      const figures = await overload(row, seed)
      const told = `seed ${seed}: ${JSON.stringify(figures)}`
      expect(figures.rejected, told).toBeLessThan(0.005)
      expect(figures.used, told).toBeGreaterThan(0.95)
      expect(figures.lightP99, told).toBeLessThan(1_000)
      expect(figures.lightShed, told).toBeLessThan(0.01)
      expect([figures.open, figures.held, figures.waiting], told).toEqual([0, 0, 0])
    }
  },
  120_000,
)

test.each(['openai', 'azure', 'anthropic'] as const)(
  '%s at 20 proxies, which relay: what it takes is used, and next to nothing is rejected',
  async (dialect) => {
    const figures = await overload({ dialect, nodes: 20, delayMs: 5 }, 1)
    const told = JSON.stringify(figures)
    expect(figures.rejected, told).toBeLessThan(0.005)
    expect(figures.used, told).toBeGreaterThan(0.95)
    // A proxy learns later what the others do, and what little it gets it gets later.
    expect(figures.lightP99, told).toBeLessThan(5_000)
    expect([figures.open, figures.held, figures.waiting], told).toEqual([0, 0, 0])
  },
  120_000,
)

test('a provider that tells nothing is found out by what it rejects', async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const figures = await overload({ dialect: 'silent' }, seed)
    expect(figures.rejected, `seed ${seed}`).toBeLessThan(0.02)
    expect(figures.used, `seed ${seed}`).toBeGreaterThan(0.9)
    expect([figures.open, figures.held, figures.waiting]).toEqual([0, 0, 0])
  }
}, 120_000)
