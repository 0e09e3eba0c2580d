import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type MockUpstream, startMockUpstream } from '../mock-upstream/mock-upstream.ts'
import { type Target, troubleOf } from './jobs.ts'
import { type LoadGenerator, startLoadGenerator } from './load-generator.ts'

let mock: MockUpstream
let generator: LoadGenerator
beforeAll(async () => {
  mock = await startMockUpstream()
  generator = startLoadGenerator()
})
afterAll(async () => {
  generator.stop()
  await mock.stop()
})
beforeEach(() => mock.reset())

function target(directives: string): Target {
  const path = `/do/${directives}/v1/chat/completions`
  return { port: Number(new URL(mock.url).port), method: 'POST', path, headers: {}, body: '{}' }
}

test('a closed loop sends exactly its count', async () => {
  const job = { kind: 'closed', target: target('unary'), connections: 4, count: 200, expectedStatus: 200 } as const
  const result = await generator.run(job)
  expect(troubleOf(result)).toBeUndefined()
  expect(result.answered).toBe(200)
  expect(result.latency.p50).toBeGreaterThan(0)
  expect((await mock.ledger()).requests).toBe(200)
})

test('an open loop sends all its arrivals and counts latency from their time', async () => {
  const job = { kind: 'open', connections: 2, ratePerSecond: 400, seconds: 0.5, profile: 'poisson', seed: 3 } as const
  const result = await generator.run({ ...job, target: target('unary.delay-20'), expectedStatus: 200 })
  expect(result.answered).toBe(200)
  // Two connections with 20 ms each carry 100 a second, so three quarters of the arrivals had to wait in line.
  expect(result.late).toBeGreaterThan(100)
  expect(result.latency.p99).toBeGreaterThan(500_000)
})

test('streams are read to their end and their frames are counted', async () => {
  const job = { kind: 'streams', connections: 5, count: 20, framesMin: 13, framesMax: 13 } as const
  const result = await generator.run({ ...job, target: target('sse.chunks-10.pace-1.usage') })
  expect(troubleOf(result)).toBeUndefined()
  expect([result.answered, result.frames]).toEqual([20, 260])
  expect((await mock.ledger()).chunks).toBe(200)
})

test.each([
  ['sse.chunks-10.noDone', '3 streams lost frames, nothing was answered'],
  ['sse.chunks-9', '3 streams lost frames, nothing was answered'],
  ['sse.chunks-10.cut-900', '3 connections broke, nothing was answered'],
  ['sse.status-500', '3 x status 500, nothing was answered'],
])('%s voids the figures: %s', async (directives, trouble) => {
  const job = { kind: 'streams', connections: 3, count: 3, framesMin: 12, framesMax: 13 } as const
  expect(troubleOf(await generator.run({ ...job, target: target(directives) }))).toBe(trouble)
})

test('a probe hashes the body', async () => {
  const [first, second] = [target('unary'), target('sse.chunks-2.usage')]
  const probe = await generator.probe({ kind: 'probe', target: first })
  expect(probe).toMatchObject({ status: 200, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect(await generator.probe({ kind: 'probe', target: first })).toEqual(probe)
  expect((await generator.probe({ kind: 'probe', target: second })).frames).toBe(5)
})

test('idle streams stay open until they are released, and stopped readers read nothing', async () => {
  const held = target('sse.chunks-3.hold-1.usage')
  const opened = await generator.idle({ kind: 'open-idle', target: held, connections: 120, readers: 'reading' })
  expect(opened).toEqual({ open: 120, dropped: 0, completed: 0 })
  await mock.release()
  const finished = await generator.idle({ kind: 'finish-idle', quietMs: 500 })
  expect(finished).toEqual({ open: 0, dropped: 0, completed: 120 })
  const fast = target('sse.chunks-40000.usage')
  await generator.idle({ kind: 'open-idle', target: fast, connections: 2, readers: 'stopped' })
  expect((await mock.ledger()).streamsCompleted).toBe(120)
  expect((await generator.idle({ kind: 'finish-idle', quietMs: 50 })).dropped).toBe(2)
})
