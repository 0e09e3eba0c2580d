// What an aggregator tells of the last minute: targets for the admin API, metrics for Prometheus.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { TestAggregator } from './test-aggregator.ts'

let aggregator: TestAggregator
beforeEach(() => {
  aggregator = new TestAggregator()
})
afterEach(() => aggregator.remove())

describe('targets and metrics', () => {
  test('what nodes say is merged with what was measured in the last minute', async () => {
    aggregator.beat('proxy-1', { inFlight: 2, health: 'healthy' })
    aggregator.beat('proxy-2', { inFlight: 3, health: 'ejected' })
    await aggregator.send(
      ...Array.from({ length: 100 }, (_, index) => aggregator.answered({}, { totalUs: (index + 1) * 1_000 })),
    )
    const { targets } = (await aggregator.ask({ type: 'targets' })) as { targets: Record<string, unknown>[] }
    expect(targets).toHaveLength(1)
    expect(targets[0]).toMatchObject({ model: 'fast', inFlight: 5, weight: 1, health: 'ejected', ttft: { count: 0 } })
    const { p50, p99 } = targets[0]!['total'] as { p50: number; p99: number }
    expect(Math.abs(p50 / 50 - 1)).toBeLessThan(0.01)
    expect(Math.abs(p99 / 99 - 1)).toBeLessThan(0.01)
    aggregator.clock.advance(70_000)
    expect(await aggregator.ask({ type: 'targets' })).toMatchObject({
      targets: [{ health: 'unknown', total: { count: 0 } }],
    })
  })

  test('models that callers address directly share a series for each provider, whatever was answered', async () => {
    const direct = (name: string) =>
      aggregator.answered({ model: `openai/${name}` }, { model: `openai/${name}`, target: name })
    await aggregator.send(direct('made-up-1'), direct('made-up-2'))
    const text = await aggregator.metrics()
    expect(text).toContain('headgate_requests_total{model="openai/*",provider="openai",status="ok"} 2')
    expect(text).not.toContain('made-up')
  })

  test('metrics name no key, user or made-up model, and histograms reach beyond a minute', async () => {
    const secret = { keyId: 'key-canary', user: 'user-canary', team: 'team-canary', requestId: 'id-canary' }
    await aggregator.send(aggregator.answered({ ...secret, totalUs: 90e6 }), [
      sampleRequest({ ...secret, status: 'failed', httpStatus: 404, model: 'openai/model-canary' }),
      [sampleAttempt({ ...secret, outcome: 'http-error', model: 'openai/model-canary', target: 'model-canary' })],
    ])
    const absurd = { input: Number.NaN, output: Number.POSITIVE_INFINITY, cached: -1 }
    await aggregator.send(
      aggregator.answered({ tokens: absurd, totalUs: Number.POSITIVE_INFINITY, overheadUs: Number.NaN }),
    )
    const text = await aggregator.metrics()
    expect(text).not.toContain('canary')
    expect(text).toContain('headgate_requests_total{model="openai/*",provider="openai",status="failed"} 1')
    expect(text).toContain('headgate_http_request_duration_seconds_bucket{model="fast",provider="openai",le="30"} 0')
    expect(text).toContain('headgate_http_request_duration_seconds_bucket{model="fast",provider="openai",le="120"} 1')
    expect(text).toContain('headgate_tokens_total{model="fast",provider="openai",type="input"} 11')
    expect(text.split('\n').filter((line) => line.includes('model="fast"')).length).toBeLessThan(80)
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(/^# (HELP|TYPE) [a-z_]+ .+$|^[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [\d.e+-]+$/)
    }
  })
})
