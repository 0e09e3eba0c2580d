import { expect, test } from 'vitest'
import { chatSize, type FleetCaller, QuotaFleet, quantile, seeded } from './test-quota-fleet.ts'
import { type QuotaDialect, QuotaUpstream } from './test-quota-upstream.ts'

const seeds = Number(process.env['QUOTA_SEEDS'] ?? 1)
const tpm = Number(process.env['QUOTA_TPM'] ?? 1_500_000)
const everywhere = [0, 1, 2, 3]

async function overload(dialect: QuotaDialect, seed: number, more: { rpm?: number } = {}) {
  const random = seeded(seed)
  const upstream = new QuotaUpstream(dialect, { tpm, ...more })
  const fleet = new QuotaFleet({ nodes: 4, upstream, random })
  const caller = (id: string, share: number, nodes = everywhere): FleetCaller => ({
    tenant: { id, weight: 1, priority: 'normal' },
    tpm: tpm * share,
    nodes,
    size: chatSize(random),
  })
  const heavy = caller('heavy', 1.45)
  const light = caller('light', 0.05)
  await fleet.run([heavy, light], 180_000)
  const before = { taken: upstream.taken, requests: upstream.requests, rejections: upstream.rejections }
  for (const figures of fleet.figures.values()) figures.waits.length = 0
  await fleet.run([heavy, light], 300_000)
  const requests = upstream.requests - before.requests
  const of = (one: FleetCaller) => fleet.figuresOf(one)
  return {
    used: (upstream.taken - before.taken) / (tpm * 5),
    rejected: (upstream.rejections - before.rejections) / requests,
    lightP99: quantile(of(light).waits, 0.99),
    lightShed: of(light).shed / (of(light).granted + of(light).shed),
    heavyP50: quantile(of(heavy).waits, 0.5),
  }
}

test.each<QuotaDialect>(['openai', 'azure', 'anthropic', 'groq', 'cerebras', 'mistral', 'silent'])(
  '%s: four proxies that are asked for half more than a provider takes',
  async (dialect) => {
    for (let seed = 1; seed <= seeds; seed++) {
      const figures = await overload(dialect, seed)
      console.log(dialect, JSON.stringify(figures))
      expect(figures.rejected).toBeLessThan(1)
    }
  },
  120_000,
)
