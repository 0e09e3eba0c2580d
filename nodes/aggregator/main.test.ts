// An aggregator and its database: what is confirmed stays, and damage is told.
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TestAggregator, turn } from './test-aggregator.ts'

let aggregator: TestAggregator
beforeEach(() => {
  aggregator = new TestAggregator()
})
afterEach(() => aggregator.remove())

describe('durability', () => {
  test('a batch is confirmed only once it is committed, and a repeat changes nothing', async () => {
    const batch = aggregator.batchOf([aggregator.answered({})])
    await aggregator.publish(batch)
    expect(aggregator.stored).toEqual([])
    aggregator.clock.advance(1_000)
    await turn()
    expect(aggregator.stored).toEqual([{ node: 'proxy-1', epoch: 'boot-1', sequence: 1, gap: false }])
    await aggregator.publish(batch)
    aggregator.clock.advance(1_000)
    await turn()
    expect(aggregator.stored).toHaveLength(2)
    expect(await aggregator.ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [{ requests: 1 }] })
  })

  test('a restart knows what was taken', async () => {
    const batch = aggregator.batchOf([aggregator.answered({})])
    await aggregator.publish(batch)
    aggregator.restart()
    await aggregator.publish(batch)
    expect(await aggregator.ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [{ requests: 1 }] })
    expect(await aggregator.ask({ type: 'request', id: 'request-1' })).toMatchObject({ id: 'request-1' })
  })

  test('what is missing is asked for, and what came is counted', async () => {
    aggregator.batchOf([aggregator.answered({})])
    await aggregator.publish(aggregator.batchOf([aggregator.answered({})]))
    await turn()
    expect(aggregator.stored).toEqual([{ node: 'proxy-1', epoch: 'boot-1', sequence: 0, gap: true }])
    expect(await aggregator.ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [{ requests: 1 }] })
  })

  test('bytes that are no batch are told and change nothing', async () => {
    await aggregator.publish(Uint8Array.from([0xc1, 1, 2]))
    expect(aggregator.notices.map(({ type }) => type)).toEqual(['warning'])
    expect(await aggregator.ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [{ requests: 0 }] })
  })

  test('a damaged database is put aside, told, and usage goes on', async () => {
    await aggregator.send(aggregator.answered({}))
    aggregator.stop()
    writeFileSync(join(aggregator.dataDir, 'usage.sqlite'), 'this was a database once')
    for (const suffix of ['-wal', '-shm']) rmSync(join(aggregator.dataDir, `usage.sqlite${suffix}`), { force: true })
    aggregator.boot()
    expect(aggregator.notices.map(({ type }) => type)).toEqual(['warning'])
    expect(readdirSync(aggregator.dataDir).some((name) => name.startsWith('usage.sqlite.damaged-'))).toBe(true)
    await aggregator.send(aggregator.answered({}))
    expect(await aggregator.ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [{ requests: 1 }] })
  })

  test('a database of a newer version is refused and left as it is', () => {
    aggregator.stop()
    const database = new DatabaseSync(join(aggregator.dataDir, 'usage.sqlite'))
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect(() => aggregator.start()).toThrow(/newer version/)
    expect(readdirSync(aggregator.dataDir)).toEqual(['usage.sqlite'])
  })
})
