// One key that names ever new users and models: its sums are bounded and complete, and the metrics say that they are shared.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TestAggregator } from './test-aggregator.ts'

let aggregator: TestAggregator
beforeEach(() => {
  aggregator = new TestAggregator()
  aggregator.stop()
  aggregator.start(undefined, 10)
})
afterEach(() => aggregator.remove())

const usage = async (groupBy: string[]) =>
  ((await aggregator.ask({ type: 'usage', groupBy })) as { rows: Record<string, unknown>[] }).rows

test('what is beyond the bound is summed as other, before and after it is committed', async () => {
  const sent = Array.from({ length: 500 }, (_, i) =>
    aggregator.answered({ keyId: 'k1', user: `u${i}`, model: 'fast', costNanoUsd: 1 }),
  )
  await aggregator.send(...sent, aggregator.answered({ keyId: 'k2', user: 'ada', model: 'fast' }))
  for (const _ of ['before', 'after']) {
    const rows = await usage(['key', 'user'])
    const mine = rows.filter(({ key }) => key === 'k1')
    expect(mine).toHaveLength(11)
    expect(mine.find(({ user }) => user === 'other')).toMatchObject({ requests: 490 })
    expect(rows.find(({ key }) => key === 'k2')).toMatchObject({ user: 'ada', requests: 1 })
    expect(await usage(['key'])).toMatchObject([
      { key: 'k1', requests: 500 },
      { key: 'k2', requests: 1 },
    ])
    aggregator.clock.advance(1_000)
  }
  expect(await aggregator.metrics()).toContain('headgate_usage_others_total{name="user"} 490')
})

test('models addressed by their provider are summed for it, and the history has each request as it was', async () => {
  const sent = Array.from({ length: 100 }, (_, i) =>
    aggregator.answered({ keyId: 'k1', user: 'ada', model: `openai/m${i}` }, { provider: 'openai', target: `m${i}` }),
  )
  await aggregator.send(...sent)
  const rows = await usage(['model'])
  expect(rows).toHaveLength(11)
  expect(rows.find(({ model }) => model === 'openai/*')).toMatchObject({ requests: 90 })
  const history = (await aggregator.ask({ type: 'requests', limit: 1 })) as unknown as { items: { model: string }[] }
  expect(history.items[0]?.model).toBe('openai/m99')
})
