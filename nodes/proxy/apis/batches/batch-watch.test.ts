// Batches are booked once, by whichever proxy is first, over restarts, kills and troubles of the provider and the state store.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fail } from '../../../../shared/result.ts'
import { settledBatchRoute } from '../../../../shared/telemetry/settled-batch.ts'
import { account, answered, BatchWorld, batchObject, type TestProxy } from './test-batches.ts'

let world: BatchWorld
let a: TestProxy
beforeEach(() => {
  world = new BatchWorld()
  a = world.proxy('a')
})
afterEach(() => world.close())

const running = batchObject('batch_1')
const completed = batchObject('batch_1', { status: 'completed', output_file_id: 'out' })

function complete(lines = [answered('gpt-fast', 7, 3), answered('gpt-fast', 10, 0)]): void {
  world.provider.batch('batch_1', completed)
  world.provider.output('out', lines)
}

const cost = 7_000 + 6_000 + 10_000

test('a batch that nobody looks at is booked when it is over', async () => {
  world.provider.batch('batch_1', running)
  a.watch.seen(account, running)
  await world.pass()
  expect([a.records.length, a.open]).toEqual([0, 1])
  complete()
  await world.pass()
  expect(a.records).toMatchObject([
    {
      route: settledBatchRoute,
      status: 'ok',
      model: 'fast',
      team: 'search',
      user: 'ann',
      costCenter: '4711',
      costNanoUsd: cost,
    },
  ])
  expect(a.attempts).toMatchObject([
    { provider: 'vault', target: 'gpt-fast', tokens: { input: 17, output: 3 }, totalUs: 0 },
  ])
  expect(a.spent).toMatchObject([{ model: 'fast', nanoUsd: cost }])
  expect(a.open).toBe(0)
  const asked = world.provider.asked.length
  a.watch.seen(account, completed)
  await world.pass()
  expect([a.records.length, world.provider.asked.length]).toEqual([1, asked])
})

test('one that is seen to be over is booked at once', async () => {
  complete()
  a.watch.seen(account, completed)
  await world.pass(1)
  expect(a.records).toHaveLength(1)
})

test('several proxies that see it book it once', async () => {
  const others = [world.proxy('b'), world.proxy('c')]
  complete()
  for (const proxy of [a, ...others]) proxy.watch.seen(account, completed)
  await world.pass(1)
  await world.pass()
  const all = [a, ...others]
  expect(all.flatMap(({ records }) => records)).toHaveLength(1)
  expect(all.flatMap(({ spent }) => spent)).toHaveLength(1)
  expect(all.map(({ open }) => open)).toEqual([0, 0, 0])
})

test('a restart goes on with what was noted, and does not book again what was booked', async () => {
  world.provider.batch('batch_1', running)
  a.watch.seen(account, running)
  a.restart()
  complete()
  await world.pass()
  expect(a.records).toHaveLength(1)
  a.restart()
  a.watch.seen(account, completed)
  await world.pass(1)
  expect([a.records.length, a.open]).toEqual([1, 0])
})

test('a kill between the claim and the record: the next life books it under the same id and time, which the ledger knows', async () => {
  complete()
  a.onBook = () => {
    throw new Error('killed')
  }
  a.watch.seen(account, completed)
  await world.pass(1)
  expect([a.records.length, a.open]).toEqual([0, 1])
  const b = world.proxy('b')
  b.watch.seen(account, completed)
  await world.pass(1)
  expect(b.records).toEqual([])
  a.onBook = () => {}
  const atMs = world.clock.wallMs()
  a.restart()
  await world.pass()
  expect(a.records).toHaveLength(1)
  expect(a.records[0]?.atMs).toBeLessThanOrEqual(atMs)
})

describe('troubles', () => {
  test.each<[string, string, number]>([
    ['the provider is out of order', '/v1/batches/batch_1', 500],
    ['the connection breaks', '/v1/batches/batch_1', 0],
    ['the output cannot be read now', '/v1/files/out/content', 503],
    ['the output breaks off', '/v1/files/out/content', 0],
  ])('%s: it is tried again', async (_, path, answer) => {
    complete()
    const right = world.provider.answers.get(path)
    world.provider.answers.set(path, answer)
    a.watch.seen(account, completed)
    await world.pass(1)
    await world.pass()
    expect([a.records.length, a.open]).toEqual([0, 1])
    world.provider.answers.set(path, right ?? 404)
    await world.pass()
    expect(a.records).toMatchObject([{ costNanoUsd: cost }])
  })

  test('while nobody knows who has claimed it, it waits', async () => {
    const { store } = world
    const away = async () => fail({ type: 'unavailable', message: '' } as const)
    world.store = { ...store, get: away, put: away }
    const b = world.proxy('b')
    complete()
    b.watch.seen(account, completed)
    await world.pass(1)
    expect([b.records.length, b.open]).toEqual([0, 1])
    world.store = store
    b.restart()
    await world.pass()
    expect(b.records).toHaveLength(1)
  })

  test('a claim of which nobody knows whether it was made is this proxy’s own afterwards', async () => {
    const { store } = world
    const put: typeof store.put = async (...args) => {
      await store.put(...args)
      return fail({ type: 'unavailable', message: '' })
    }
    world.store = { ...store, put }
    const b = world.proxy('b')
    complete()
    b.watch.seen(account, completed)
    await world.pass(1)
    expect(b.records).toHaveLength(0)
    await world.pass()
    expect([b.records.length, b.open]).toEqual([1, 0])
  })
})

describe('what tells nothing', () => {
  test('a batch that is gone from its provider is given up after an hour, and told', async () => {
    a.watch.seen(account, running)
    await world.pass()
    expect(a.open).toBe(1)
    for (let minute = 0; minute < 61; minute++) await world.pass()
    expect([a.open, a.records.length]).toEqual([0, 0])
    expect(a.notices).toEqual([{ type: 'batch-lost', provider: 'vault', batch: 'batch_1' }])
  })

  test.each<[string, object, string[], object]>([
    [
      'a deleted output of one model is priced by what the batch tells',
      { usage: { input_tokens: 7, output_tokens: 3 } },
      ['fast'],
      { costNanoUsd: 13_000, settlement: undefined },
    ],
    [
      'one of several models is flagged',
      { usage: { input_tokens: 7, output_tokens: 3 } },
      ['fast', 'smart'],
      { costNanoUsd: 0, settlement: 'unpriced' },
    ],
    ['one that tells nothing is flagged', {}, ['fast'], { costNanoUsd: 0, settlement: 'unpriced' }],
  ])('%s', async (_, more, models, expected) => {
    const gone = batchObject('batch_1', { status: 'completed', output_file_id: 'gone', ...more }, models)
    world.provider.batch('batch_1', gone)
    a.watch.seen(account, gone)
    await world.pass(1)
    expect(a.attempts).toMatchObject([expected])
  })

  test('requests of which some tell no usage are an estimate', async () => {
    complete([answered('gpt-fast', 7, 3), '{"response":{"status_code":200,"body":{"model":"gpt-fast"}}}'])
    a.watch.seen(account, completed)
    await world.pass(1)
    expect(a.attempts).toMatchObject([{ costNanoUsd: 13_000, settlement: 'estimated' }])
  })

  test('a batch without an output, and one of somebody else, are nothing', async () => {
    a.watch.seen(account, batchObject('batch_2', { status: 'failed' }))
    a.watch.seen(account, { ...completed, metadata: {} })
    await world.pass(1)
    expect([a.open, world.provider.asked]).toEqual([0, []])
  })

  test('a batch that is older than claims are kept is not booked again', async () => {
    complete()
    const createdAt = world.clock.wallMs() / 1_000 - 26 * 86_400
    a.watch.seen(account, { ...completed, created_at: createdAt })
    await world.pass()
    expect(a.records).toEqual([])
  })
})

test('each model has a record of its own, by the name that its answers bear', async () => {
  const two = batchObject('batch_1', { status: 'completed', output_file_id: 'out' }, ['fast', 'smart'])
  world.provider.batch('batch_1', two)
  world.provider.output('out', [
    answered('gpt-fast-2026-05-01', 7, 0),
    answered('gpt-fast-smart-2026-05-01', 9, 0),
    answered('gpt-fast', 1, 0),
  ])
  a.watch.seen(account, two)
  await world.pass(1)
  expect(a.attempts.map(({ model, costNanoUsd }) => [model, costNanoUsd]).sort()).toEqual([
    ['fast', 8_000],
    ['smart', 9_000],
  ])
  expect(new Set(a.records.map(({ requestId }) => requestId)).size).toBe(2)
})
