import { test } from 'vitest'
import { chatSize, type FleetCaller, QuotaFleet, quantile, seeded } from './test-quota-fleet.ts'
import { QuotaUpstream } from './test-quota-upstream.ts'

test('dbg', async () => {
  const dialect = (process.env['DIALECT'] ?? 'groq') as 'groq'
  const tpm = Number(process.env['TPM'] ?? 400_000)
  const random = seeded(1)
  const upstream = new QuotaUpstream(dialect, { tpm })
  const fleet = new QuotaFleet({ nodes: 4, upstream, random })
  const caller = (id: string, share: number): FleetCaller => ({
    tenant: { id, weight: 1, priority: 'normal' },
    tpm: tpm * share,
    nodes: [0, 1, 2, 3],
    size: chatSize(random),
  })
  const heavy = caller('heavy', 1.45),
    light = caller('light', 0.05)
  await fleet.run([heavy, light], 180_000)
  for (let second = 0; second < 20; second++) {
    for (const f of fleet.figures.values()) {
      f.waits.length = 0
      f.shed = 0
      f.granted = 0
    }
    await fleet.run([heavy, light], 3_000)
    const s = fleet.nodes.map(({ quotas }) => {
      const a = [...quotas.accounts][0] as any
      const q = a?.limits.get('tokens') ?? [...(a?.limits.values() ?? [])][0]
      const lane = [...(quotas as any).lanesForTest()][0]
      return q === undefined
        ? '-'
        : `${Math.round(q.remaining(fleet.clock.monotonicMs()))}/c${Math.round(q.debug().credit)}/s${q.debug().share.toFixed(2)}/f${q.debug().factor.toFixed(2)}/q${lane?.length}/r${lane?.rateForTest?.()?.toFixed(2)}`
    })
    const lw = fleet.figuresOf(light)
    console.log(
      'used',
      s.join('  '),
      'light',
      lw.granted,
      lw.shed,
      Math.round(quantile(lw.waits, 0.9)),
      'heavy',
      fleet.figuresOf(heavy).granted,
      fleet.figuresOf(heavy).shed,
      Math.round(quantile(fleet.figuresOf(heavy).waits, 0.5)),
    )
  }
}, 60_000)
