// What an aggregator answers about usage, out of memory and out of its database.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import type { AggregatorQuery, RequestRecord } from '../../shared/telemetry/records.ts'
import { refusal, startMs, TestAggregator } from './test-aggregator.ts'

let aggregator: TestAggregator
beforeEach(() => {
  aggregator = new TestAggregator()
})
afterEach(() => aggregator.remove())

describe('usage', () => {
  test('counts are grouped by what is asked for, before and after they are committed alike', async () => {
    await aggregator.send(
      aggregator.answered({ keyId: 'k1', team: 'search', model: 'fast', costNanoUsd: 1_500 }),
      aggregator.answered({ keyId: 'k1', team: 'search', model: 'deep', costNanoUsd: 1 }),
      aggregator.answered({ keyId: 'k2', team: 'ads', model: 'fast' }, { provider: 'anthropic' }),
    )
    const query: AggregatorQuery = { type: 'usage', groupBy: ['team', 'provider'] }
    const before = await aggregator.ask(query)
    expect(before).toMatchObject({
      rows: [
        { team: 'ads', provider: 'anthropic', requests: 1, inputTokens: 11, outputTokens: 7, cachedTokens: 3 },
        { team: 'search', provider: 'openai', requests: 2, costUsd: 0.000001501, savedUsd: 0 },
      ],
      from: '2026-05-06T07:00:00.000Z',
      to: '2026-05-06T08:00:00.000Z',
    })
    aggregator.clock.advance(1_000)
    expect(await aggregator.ask(query)).toEqual(before)
    await aggregator.send(aggregator.answered({ keyId: 'k1', team: 'search', costNanoUsd: 2 }))
    expect(await aggregator.ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [{ requests: 4 }] })
  })

  test.each<[string, Partial<RequestRecord>, object]>([
    ['an answer', {}, { requests: 1, errors: 0 }],
    [
      'a cache hit',
      { attempts: 0, cacheStatus: 'HIT', savedNanoUsd: 5 },
      { requests: 1, cacheHits: 1, savedUsd: 5e-9 },
    ],
    ['a refusal', refusal(401), { requests: 0, errors: 1, rateLimited: 0 }],
    ['a refusal by a limit', refusal(429), { requests: 0, errors: 0, rateLimited: 1 }],
    ['an upstream that failed', { status: 'failed', httpStatus: 502 }, { requests: 1, errors: 1 }],
    ['an upstream that refused', { httpStatus: 400 }, { requests: 1, errors: 1 }],
    ['a caller who left', { status: 'client-aborted', httpStatus: 0 }, { requests: 1, errors: 0 }],
    ['a fallback', { fallbackIndex: 1, attempts: 2 }, { requests: 1, fallbacks: 1 }],
    ['absurd counts', { tokens: { input: -5, output: Number.NaN, cached: 0.5 } }, { requests: 1, inputTokens: 0 }],
  ])('%s is counted as what it is', async (_, request, expected) => {
    await aggregator.send([sampleRequest(request), []])
    expect(await aggregator.ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [expected] })
  })

  test('hours and days are told apart, and a time range takes whole hours', async () => {
    const hour = 3_600_000
    await aggregator.send(
      aggregator.answered({ atMs: startMs - 24 * hour }),
      aggregator.answered({ atMs: startMs - hour }),
      aggregator.answered({ atMs: startMs }),
    )
    expect(await aggregator.names({ type: 'usage', groupBy: ['day'] }, 'day')).toEqual(['2026-05-05', '2026-05-06'])
    const range = { fromMs: startMs - hour, toMs: startMs + 1 }
    const lately: AggregatorQuery = { type: 'usage', groupBy: ['hour'], ...range }
    expect(await aggregator.names(lately, 'hour')).toEqual(['2026-05-06T06:00:00.000Z', '2026-05-06T07:00:00.000Z'])
    aggregator.clock.advance(1_000)
    expect(await aggregator.names(lately, 'hour')).toHaveLength(2)
    expect(await aggregator.ask({ type: 'usage', groupBy: [], ...range })).toMatchObject({ rows: [{ requests: 2 }] })
  })

  test('nothing used is a row of zeros in all, and no rows by key', async () => {
    expect(await aggregator.ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [{ requests: 0, costUsd: 0 }] })
    expect(await aggregator.ask({ type: 'usage', groupBy: ['key'] })).toMatchObject({ rows: [] })
  })

  test('sums larger than a double holds exactly are still right to the cent', async () => {
    const costNanoUsd = 9e15
    await aggregator.send(aggregator.answered({ costNanoUsd }), aggregator.answered({ costNanoUsd }))
    aggregator.clock.advance(1_000)
    await aggregator.send(aggregator.answered({ costNanoUsd }))
    expect(await aggregator.ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [{ costUsd: 27e6 }] })
  })

  test.each<[AggregatorQuery, string]>([
    [{ type: 'usage', groupBy: ['secret; DROP TABLE usage'] }, 'groupBy'],
    [{ type: 'usage', groupBy: [], fromMs: Number.MAX_VALUE }, 'from'],
    [{ type: 'usage', groupBy: [], fromMs: 5, toMs: 5 }, 'to'],
    [{ type: 'requests', limit: 0 }, 'limit'],
    [{ type: 'requests', limit: 1, before: 'x' }, 'before'],
    [{ type: 'requests', limit: 1, filter: { colour: 'red' } }, 'colour'],
  ])('a question that cannot be answered names the parameter: %j', async (query, path) => {
    expect(await aggregator.ask(query)).toEqual({ problem: expect.any(String), path })
  })
})
