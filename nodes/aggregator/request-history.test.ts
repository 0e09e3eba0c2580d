// The history of requests: in memory and in the database, in pages, filtered and bounded.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { refusal, TestAggregator } from './test-aggregator.ts'

let aggregator: TestAggregator
beforeEach(() => {
  aggregator = new TestAggregator()
})
afterEach(() => aggregator.remove())

describe('request history', () => {
  test('pages go from the newest to the oldest without a gap or a repeat, in memory and on disk', async () => {
    for (let batch = 0; batch < 6; batch++) {
      await aggregator.send(
        ...Array.from({ length: 5 }, (_, index) => aggregator.answered({ requestId: `r${batch * 5 + index}` })),
      )
      if (batch === 3) aggregator.clock.advance(1_000)
    }
    const seen: string[] = []
    let before: string | undefined
    do {
      const page = await aggregator.requests({ limit: 4, ...(before === undefined ? {} : { before }) })
      seen.push(...page.items.map(({ id }) => id))
      before = page.next
      aggregator.clock.advance(1_000)
    } while (before !== undefined)
    expect(seen).toEqual(Array.from({ length: 30 }, (_, index) => `r${29 - index}`))
  })

  test('a filter finds by name, status and provider', async () => {
    await aggregator.send(
      aggregator.answered({ requestId: 'a', model: 'fast' }),
      aggregator.answered({ requestId: 'b', model: 'deep' }, { provider: 'anthropic' }),
      [sampleRequest({ requestId: 'c', ...refusal(403) }), []],
    )
    const ids = async (filter: Record<string, string>) =>
      (await aggregator.requests({ limit: 9, filter })).items.map(({ id }) => id)
    expect(await ids({ model: 'deep' })).toEqual(['b'])
    expect(await ids({ provider: 'openai' })).toEqual(['a'])
    expect(await ids({ status: 'refused', httpStatus: '403' })).toEqual(['c'])
    expect(await ids({ team: 'nobody' })).toEqual([])
  })

  test('a text is found in any of the names, and a key by the ids that its name stands for', async () => {
    await aggregator.send(
      aggregator.answered({ requestId: 'a', model: 'Fast', keyId: 'key-9' }),
      aggregator.answered({ requestId: 'b', model: 'deep' }, { provider: 'anthropic' }),
      [sampleRequest({ requestId: 'c', ...refusal(404), model: '', askedModel: 'gpt-9' }), []],
    )
    const ids = async (filter: Record<string, string>) =>
      (await aggregator.requests({ limit: 9, filter })).items.map(({ id }) => id)
    expect(await ids({ text: ' fAST ' })).toEqual(['a'])
    expect(await ids({ text: 'ANTHROPIC' })).toEqual(['b'])
    expect(await ids({ text: 'gpt-9' })).toEqual(['c'])
    expect(await ids({ text: 'gpt-9', status: 'ok' })).toEqual([])
    expect(await ids({ text: 'name of a key', textKeys: 'key-9,key-8' })).toEqual(['a'])
    expect(await ids({ text: '' })).toHaveLength(3)
  })

  test('a request is found with all its attempts, those noted in an earlier batch too', async () => {
    const failed = sampleAttempt({ requestId: 'x', index: 0, outcome: 'timeout', target: 'slow' })
    await aggregator.publish(aggregator.batchOf([], [failed]))
    const second = sampleAttempt({ requestId: 'x', index: 1 })
    const third = sampleAttempt({ requestId: 'x', index: 2, provider: 'anthropic', target: 'claude' })
    await aggregator.send([sampleRequest({ requestId: 'x', attempts: 3, fallbackIndex: 1 }), [second, third]])
    const found = await aggregator.ask({ type: 'request', id: 'x' })
    expect(found).toMatchObject({
      provider: 'anthropic',
      attempts: [{ index: 0, outcome: 'timeout', target: 'slow' }, { index: 1 }, { index: 2, target: 'claude' }],
      explain: { revision: 4, chosen: { provider: 'anthropic', target: 'claude' } },
    })
    expect(await aggregator.ask({ type: 'request', id: 'nobody' })).toEqual({ missing: true })
  })

  test('it is bounded in rows and in days', async () => {
    aggregator.restart({ historyRowsMax: 10, historyDays: 1 })
    for (let batch = 0; batch < 8; batch++) {
      await aggregator.send(
        ...Array.from({ length: 4 }, (_, index) => aggregator.answered({ requestId: `r${batch * 4 + index}` })),
      )
      aggregator.clock.advance(1_000)
    }
    expect((await aggregator.requests({ limit: 100 })).items.length).toBeLessThanOrEqual(10)
    aggregator.clock.advance(2 * 86_400_000)
    await aggregator.send(aggregator.answered({ requestId: 'late' }))
    aggregator.clock.advance(1_000)
    expect((await aggregator.requests({ limit: 100 })).items.map(({ id }) => id)).toEqual(['late'])
    expect(await aggregator.ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [{ requests: 33 }] })
  })
})
