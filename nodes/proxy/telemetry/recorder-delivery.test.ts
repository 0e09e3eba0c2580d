// The way of records from the spool to the aggregator: batches, confirmations, gaps, and what does not fit.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bounds } from '../../../shared/bounds.ts'
import { TestProxy } from './test-recorder.ts'

let proxy: TestProxy
beforeEach(() => {
  proxy = new TestProxy()
})
afterEach(() => proxy.remove())

describe('delivery', () => {
  test('a batch goes out after its time, or at once when it is large', async () => {
    const recorder = proxy.boot({ batchBytesMax: 2_000 })
    proxy.finish(recorder, 3)
    expect(await proxy.pass(bounds.telemetryFlushMs - 1)).toHaveLength(0)
    expect(await proxy.pass(1)).toHaveLength(1)
    proxy.finish(recorder, 100)
    const batches = await proxy.pass(0)
    expect(batches.length).toBeGreaterThan(1)
    for (const batch of batches) expect(batch.previous).toBe(batch.firstSequence - 1)
  })

  test('what is not confirmed is sent again, with patience that grows', async () => {
    const recorder = proxy.boot()
    proxy.finish(recorder, 4)
    await proxy.pass(bounds.telemetryFlushMs)
    const times: number[] = []
    for (let s = 0; s < 40; s++) if ((await proxy.pass(1_000)).length > 0) times.push(s)
    expect(proxy.records().length).toBeGreaterThan(8)
    const gaps = times.slice(1).map((time, index) => time - times[index]!)
    expect(gaps).toEqual(gaps.toSorted((a, b) => a - b))
    proxy.confirm(4)
    await proxy.pass(60_000)
    proxy.batches.length = 0
    expect(await proxy.pass(60_000)).toHaveLength(0)
    expect(recorder.queues()['telemetryUnconfirmed']).toEqual({ length: 0, dropped: 0 })
  })

  test('a stop waits a while for the last confirmation, and then leaves an empty spool', async () => {
    const recorder = proxy.boot()
    proxy.finish(recorder, 3)
    let closed = false
    const closing = recorder.close(5_000).then(() => {
      closed = true
    })
    await proxy.pass(1_000)
    expect([closed, proxy.records().length]).toEqual([false, 3])
    proxy.confirm(3)
    await proxy.pass(100)
    await closing
    await expect.poll(() => readdirSync(proxy.spoolFolder)).toEqual([])
  })

  test('a stop that nobody confirms ends after its time, and leaves everything in the spool', async () => {
    const recorder = proxy.boot()
    proxy.finish(recorder, 3)
    const closing = recorder.close(5_000)
    await proxy.pass(5_100)
    await closing
    expect(proxy.spooledRecords()).toBe(3)
  })

  test('a gap that the aggregator names is filled at once', async () => {
    const recorder = proxy.boot()
    proxy.finish(recorder, 2)
    await proxy.pass(bounds.telemetryFlushMs)
    proxy.finish(recorder, 2)
    await proxy.pass(bounds.telemetryFlushMs)
    proxy.batches.length = 0
    proxy.confirm(0, true)
    const batches = await proxy.pass(50)
    expect(batches.map(({ previous, firstSequence }) => [previous, firstSequence])).toEqual([
      [0, 1],
      [2, 3],
    ])
  })

  test('while it is asked to hold back nothing leaves, and afterwards all that waited does, in order', async () => {
    const recorder = proxy.boot()
    proxy.flow(false)
    await proxy.pass(0)
    for (let i = 0; i < 5; i++) {
      proxy.finish(recorder, 2)
      await proxy.pass(bounds.telemetryFlushMs)
    }
    await proxy.pass(60_000)
    expect(proxy.batches).toHaveLength(0)
    proxy.flow(true)
    const batches = await proxy.pass(0)
    expect(batches.map(({ previous, firstSequence }) => [previous, firstSequence])).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
      [6, 7],
      [8, 9],
    ])
  })

  test('a batch whose predecessors are all confirmed names none', async () => {
    const recorder = proxy.boot()
    proxy.finish(recorder, 2)
    await proxy.pass(bounds.telemetryFlushMs)
    proxy.confirm(2)
    await proxy.pass(0)
    proxy.finish(recorder, 1)
    proxy.finish(recorder, 1)
    const [third] = await proxy.pass(bounds.telemetryFlushMs)
    expect(third).toMatchObject({ firstSequence: 3, previous: 0 })
    proxy.finish(recorder, 1)
    const [fifth] = await proxy.pass(bounds.telemetryFlushMs)
    expect(fifth).toMatchObject({ firstSequence: 5, previous: 4 })
  })

  test('what an earlier boot left is delivered and then deleted, torn tail or not', async () => {
    const first = proxy.boot()
    proxy.finish(first, 5)
    const [name] = readdirSync(proxy.spoolFolder)
    const path = join(proxy.spoolFolder, name!)
    const whole = readFileSync(path)
    writeFileSync(path, whole.subarray(0, whole.length - 3))
    writeFileSync(join(proxy.spoolFolder, 'notes.txt'), 'not ours')
    const before = proxy.epoch
    proxy = new TestProxy(proxy.dataDir)
    proxy.boot()
    const [batch] = await proxy.pass(50)
    expect(batch).toMatchObject({ epoch: before, previous: 0, firstSequence: 1 })
    expect(batch?.records).toHaveLength(4)
    expect(proxy.notices.map(({ type }) => type)).toEqual(['spool-failed'])
    proxy.confirm(4, false, before)
    await proxy.pass(50)
    await expect.poll(() => readdirSync(proxy.spoolFolder)).toEqual(['notes.txt'])
  })

  test('when the spool is full records wait in memory, and what does not fit is counted and told', async () => {
    const recorder = proxy.boot({ spoolBytesMax: 1_000, memoryRecordsMax: 20, batchBytesMax: 500 })
    proxy.finish(recorder, 100)
    await proxy.pass(bounds.telemetryFlushMs)
    await proxy.pass(1_000)
    const { telemetryMemory } = recorder.queues()
    expect(telemetryMemory!.length).toBeLessThanOrEqual(20)
    expect(telemetryMemory!.dropped).toBeGreaterThan(0)
    const told = proxy.notices.filter((notice) => notice.type === 'usage-dropped')
    expect(told).toEqual([{ type: 'usage-dropped', records: telemetryMemory!.dropped, reason: 'spool-full' }])
    expect(proxy.notices.filter(({ type }) => type === 'spool-failed')).toHaveLength(1)
  })

  test('after records were dropped the next delivery names the last one that still exists', async () => {
    const recorder = proxy.boot({ spoolBytesMax: 0, memoryRecordsMax: 4, batchBytesMax: 1 })
    proxy.finish(recorder, 10)
    await proxy.pass(bounds.telemetryFlushMs)
    proxy.batches.length = 0
    proxy.confirm(2, true)
    const batches = await proxy.pass(50)
    expect(batches.map(({ previous, firstSequence }) => [previous, firstSequence])).toEqual([
      [0, 7],
      [7, 8],
      [8, 9],
      [9, 10],
    ])
  })
})
