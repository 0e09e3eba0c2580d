import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decodeJson, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { ManualClock } from '../../shared/clock.ts'
import type { Notice } from '../../shared/notice.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { BatchWriter } from '../../shared/telemetry/codec.ts'
import type { AggregatorQuery, AttemptRecord, NodeHeartbeat, RequestRecord } from '../../shared/telemetry/records.ts'
import { isSingle } from '../../shared/telemetry/single-record.ts'
import { decodeStored, type Stored } from '../../shared/telemetry/stored.ts'
import { startAggregator } from './main.ts'

const startMs = Date.UTC(2026, 4, 6, 7, 30)

let dataDir: string
let clock: ManualClock
let bus: LocalBus
let notices: Notice[]
let stored: Stored[]
let sequence: number
let stop: () => void

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'headgate-aggregator-'))
  clock = new ManualClock(startMs)
  notices = []
  sequence = 0
  boot()
})

afterEach(() => {
  stop()
  bus.close()
  rmSync(dataDir, { recursive: true, force: true })
})

describe('usage', () => {
  test('counts are grouped by what is asked for, before and after they are committed alike', async () => {
    await send(
      answered({ keyId: 'k1', team: 'search', model: 'fast', costNanoUsd: 1_500 }),
      answered({ keyId: 'k1', team: 'search', model: 'deep', costNanoUsd: 1 }),
      answered({ keyId: 'k2', team: 'ads', model: 'fast' }, { provider: 'anthropic' }),
    )
    const query: AggregatorQuery = { type: 'usage', groupBy: ['team', 'provider'] }
    const before = await ask(query)
    expect(before).toMatchObject({
      rows: [
        { team: 'ads', provider: 'anthropic', requests: 1, inputTokens: 11, outputTokens: 7, cachedTokens: 3 },
        { team: 'search', provider: 'openai', requests: 2, costUsd: 0.000001501, savedUsd: 0 },
      ],
      from: '2026-05-06T07:00:00.000Z',
      to: '2026-05-06T08:00:00.000Z',
    })
    clock.advance(1_000)
    expect(await ask(query)).toEqual(before)
    await send(answered({ keyId: 'k1', team: 'search', costNanoUsd: 2 }))
    expect(await ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [{ requests: 4 }] })
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
    await send([sampleRequest(request), []])
    expect(await ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [expected] })
  })

  test('hours and days are told apart, and a time range takes whole hours', async () => {
    const hour = 3_600_000
    await send(answered({ atMs: startMs - 24 * hour }), answered({ atMs: startMs - hour }), answered({ atMs: startMs }))
    expect(await names({ type: 'usage', groupBy: ['day'] }, 'day')).toEqual(['2026-05-05', '2026-05-06'])
    const range = { fromMs: startMs - hour, toMs: startMs + 1 }
    const lately: AggregatorQuery = { type: 'usage', groupBy: ['hour'], ...range }
    expect(await names(lately, 'hour')).toEqual(['2026-05-06T06:00:00.000Z', '2026-05-06T07:00:00.000Z'])
    clock.advance(1_000)
    expect(await names(lately, 'hour')).toHaveLength(2)
    expect(await ask({ type: 'usage', groupBy: [], ...range })).toMatchObject({ rows: [{ requests: 2 }] })
  })

  test('nothing used is a row of zeros in all, and no rows by key', async () => {
    expect(await ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [{ requests: 0, costUsd: 0 }] })
    expect(await ask({ type: 'usage', groupBy: ['key'] })).toMatchObject({ rows: [] })
  })

  test('sums larger than a double holds exactly are still right to the cent', async () => {
    const costNanoUsd = 9e15
    await send(answered({ costNanoUsd }), answered({ costNanoUsd }))
    clock.advance(1_000)
    await send(answered({ costNanoUsd }))
    expect(await ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [{ costUsd: 27e6 }] })
  })

  test.each<[AggregatorQuery, string]>([
    [{ type: 'usage', groupBy: ['secret; DROP TABLE usage'] }, 'groupBy'],
    [{ type: 'usage', groupBy: [], fromMs: Number.MAX_VALUE }, 'from'],
    [{ type: 'usage', groupBy: [], fromMs: 5, toMs: 5 }, 'to'],
    [{ type: 'requests', limit: 0 }, 'limit'],
    [{ type: 'requests', limit: 1, before: 'x' }, 'before'],
    [{ type: 'requests', limit: 1, filter: { colour: 'red' } }, 'colour'],
  ])('a question that cannot be answered names the parameter: %j', async (query, path) => {
    expect(await ask(query)).toEqual({ problem: expect.any(String), path })
  })
})

describe('durability', () => {
  test('a batch is confirmed only once it is committed, and a repeat changes nothing', async () => {
    const batch = batchOf([answered({})])
    await publish(batch)
    expect(stored).toEqual([])
    clock.advance(1_000)
    await turn()
    expect(stored).toEqual([{ node: 'proxy-1', epoch: 'boot-1', sequence: 1, gap: false }])
    await publish(batch)
    clock.advance(1_000)
    await turn()
    expect(stored).toHaveLength(2)
    expect(await ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [{ requests: 1 }] })
  })

  test('a restart knows what was taken', async () => {
    const batch = batchOf([answered({})])
    await publish(batch)
    restart()
    await publish(batch)
    expect(await ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [{ requests: 1 }] })
    expect(await ask({ type: 'request', id: 'request-1' })).toMatchObject({ id: 'request-1' })
  })

  test('what is missing is asked for, and what came is counted', async () => {
    batchOf([answered({})])
    await publish(batchOf([answered({})]))
    await turn()
    expect(stored).toEqual([{ node: 'proxy-1', epoch: 'boot-1', sequence: 0, gap: true }])
    expect(await ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [{ requests: 1 }] })
  })

  test('bytes that are no batch are told and change nothing', async () => {
    await publish(Uint8Array.from([0xc1, 1, 2]))
    expect(notices.map(({ type }) => type)).toEqual(['warning'])
  })

  test('a damaged database is put aside, told, and usage goes on', async () => {
    await send(answered({}))
    stop()
    writeFileSync(join(dataDir, 'usage.sqlite'), 'this was a database once')
    for (const suffix of ['-wal', '-shm']) rmSync(join(dataDir, `usage.sqlite${suffix}`), { force: true })
    bus.close()
    boot()
    expect(notices.map(({ type }) => type)).toEqual(['warning'])
    expect(readdirSync(dataDir).some((name) => name.startsWith('usage.sqlite.damaged-'))).toBe(true)
    await send(answered({}))
  })

  test('a database of a newer version is refused and left as it is', () => {
    stop()
    const database = new DatabaseSync(join(dataDir, 'usage.sqlite'))
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect(() => start()).toThrow(/newer version/)
    expect(readdirSync(dataDir)).toEqual(['usage.sqlite'])
    stop = () => {}
  })
})

describe('request history', () => {
  test('pages go from the newest to the oldest without a gap or a repeat, in memory and on disk', async () => {
    for (let batch = 0; batch < 6; batch++) {
      await send(...Array.from({ length: 5 }, (_, index) => answered({ requestId: `r${batch * 5 + index}` })))
      if (batch === 3) clock.advance(1_000)
    }
    const seen: string[] = []
    let before: string | undefined
    do {
      const page = await requests({ limit: 4, ...(before === undefined ? {} : { before }) })
      seen.push(...page.items.map(({ id }) => id))
      before = page.next
      clock.advance(1_000)
    } while (before !== undefined)
    expect(seen).toEqual(Array.from({ length: 30 }, (_, index) => `r${29 - index}`))
  })

  test('a filter finds by name, status and provider', async () => {
    await send(
      answered({ requestId: 'a', model: 'fast' }),
      answered({ requestId: 'b', model: 'deep' }, { provider: 'anthropic' }),
      [sampleRequest({ requestId: 'c', ...refusal(403) }), []],
    )
    const ids = async (filter: Record<string, string>) =>
      (await requests({ limit: 9, filter })).items.map(({ id }) => id)
    expect(await ids({ model: 'deep' })).toEqual(['b'])
    expect(await ids({ provider: 'openai' })).toEqual(['a'])
    expect(await ids({ status: 'refused', httpStatus: '403' })).toEqual(['c'])
    expect(await ids({ team: 'nobody' })).toEqual([])
  })

  test('a text is found in any of the names, and a key by the ids that its name stands for', async () => {
    await send(
      answered({ requestId: 'a', model: 'Fast', keyId: 'key-9' }),
      answered({ requestId: 'b', model: 'deep' }, { provider: 'anthropic' }),
      [sampleRequest({ requestId: 'c', ...refusal(404), model: '', askedModel: 'gpt-9' }), []],
    )
    const ids = async (filter: Record<string, string>) =>
      (await requests({ limit: 9, filter })).items.map(({ id }) => id)
    expect(await ids({ text: ' fAST ' })).toEqual(['a'])
    expect(await ids({ text: 'ANTHROPIC' })).toEqual(['b'])
    expect(await ids({ text: 'gpt-9' })).toEqual(['c'])
    expect(await ids({ text: 'gpt-9', status: 'ok' })).toEqual([])
    expect(await ids({ text: 'name of a key', textKeys: 'key-9,key-8' })).toEqual(['a'])
    expect(await ids({ text: '' })).toHaveLength(3)
  })

  test('a request is found with all its attempts, those noted in an earlier batch too', async () => {
    const failed = sampleAttempt({ requestId: 'x', index: 0, outcome: 'timeout', target: 'slow' })
    await publish(batchOf([], [failed]))
    const second = sampleAttempt({ requestId: 'x', index: 1 })
    const third = sampleAttempt({ requestId: 'x', index: 2, provider: 'anthropic', target: 'claude' })
    await send([sampleRequest({ requestId: 'x', attempts: 3, fallbackIndex: 1 }), [second, third]])
    const found = await ask({ type: 'request', id: 'x' })
    expect(found).toMatchObject({
      provider: 'anthropic',
      attempts: [{ index: 0, outcome: 'timeout', target: 'slow' }, { index: 1 }, { index: 2, target: 'claude' }],
      explain: { revision: 4, chosen: { provider: 'anthropic', target: 'claude' } },
    })
    expect(await ask({ type: 'request', id: 'nobody' })).toEqual({ missing: true })
  })

  test('it is bounded in rows and in days', async () => {
    restart({ historyRowsMax: 10, historyDays: 1 })
    for (let batch = 0; batch < 8; batch++) {
      await send(...Array.from({ length: 4 }, (_, index) => answered({ requestId: `r${batch * 4 + index}` })))
      clock.advance(1_000)
    }
    expect((await requests({ limit: 100 })).items.length).toBeLessThanOrEqual(10)
    clock.advance(2 * 86_400_000)
    await send(answered({ requestId: 'late' }))
    clock.advance(1_000)
    expect((await requests({ limit: 100 })).items.map(({ id }) => id)).toEqual(['late'])
    expect(await ask({ type: 'usage', groupBy: [] })).toMatchObject({ rows: [{ requests: 33 }] })
  })
})

describe('targets and metrics', () => {
  test('what nodes say is merged with what was measured in the last minute', async () => {
    beat('proxy-1', { inFlight: 2, health: 'healthy' })
    beat('proxy-2', { inFlight: 3, health: 'ejected' })
    await send(...Array.from({ length: 100 }, (_, index) => answered({}, { totalUs: (index + 1) * 1_000 })))
    const { targets } = (await ask({ type: 'targets' })) as { targets: Record<string, unknown>[] }
    expect(targets).toHaveLength(1)
    expect(targets[0]).toMatchObject({ model: 'fast', inFlight: 5, weight: 1, health: 'ejected', ttft: { count: 0 } })
    const { p50, p99 } = targets[0]!['total'] as { p50: number; p99: number }
    expect(Math.abs(p50 / 50 - 1)).toBeLessThan(0.01)
    expect(Math.abs(p99 / 99 - 1)).toBeLessThan(0.01)
    clock.advance(70_000)
    expect(await ask({ type: 'targets' })).toMatchObject({ targets: [{ health: 'unknown', total: { count: 0 } }] })
  })

  test('models that callers address directly share a series for each provider, whatever was answered', async () => {
    const direct = (name: string) => answered({ model: `openai/${name}` }, { model: `openai/${name}`, target: name })
    await send(direct('made-up-1'), direct('made-up-2'))
    const text = await metrics()
    expect(text).toContain('headgate_requests_total{model="openai/*",provider="openai",status="ok"} 2')
    expect(text).not.toContain('made-up')
  })

  test('metrics name no key, user or made-up model, and histograms reach beyond a minute', async () => {
    const secret = { keyId: 'key-canary', user: 'user-canary', team: 'team-canary', requestId: 'id-canary' }
    await send(answered({ ...secret, totalUs: 90e6 }), [
      sampleRequest({ ...secret, status: 'failed', httpStatus: 404, model: 'openai/model-canary' }),
      [sampleAttempt({ ...secret, outcome: 'http-error', model: 'openai/model-canary', target: 'model-canary' })],
    ])
    const absurd = { input: Number.NaN, output: Number.POSITIVE_INFINITY, cached: -1 }
    await send(answered({ tokens: absurd, totalUs: Number.POSITIVE_INFINITY, overheadUs: Number.NaN }))
    const text = await metrics()
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

type Sent = [RequestRecord, AttemptRecord[]]

function boot(): void {
  bus = new LocalBus()
  // Its own list: what an earlier test's bus still delivers does not belong here.
  const heard: Stored[] = []
  stored = heard
  bus.subscribe(subjects.telemetryStored, (payload) => void heard.push(decodeStored(payload)!))
  start()
}

function start(bounds?: { historyRowsMax: number; historyDays: number }): void {
  const notify = (notice: Notice): void => void notices.push(notice)
  const extra = bounds === undefined ? {} : { bounds }
  const aggregator = startAggregator({ dataDir, bus, clock, notify, node: 'aggregator-1', ...extra })
  stop = () => aggregator.close()
}

function restart(bounds?: { historyRowsMax: number; historyDays: number }): void {
  stop()
  start(bounds)
}

function answered(request: Partial<RequestRecord>, attempt: Partial<AttemptRecord> = {}): Sent {
  const record = sampleRequest({ requestId: `request-${sequence + 1}`, atMs: clock.wallMs(), ...request })
  const { requestId, atMs, model, stream, tokens, costNanoUsd } = record
  return [record, [sampleAttempt({ requestId, atMs, model, stream, tokens, costNanoUsd, ...attempt })]]
}

function refusal(httpStatus: number): Partial<RequestRecord> {
  return { status: 'refused', httpStatus, attempts: 0, tokens: { input: 0, output: 0, cached: 0 } }
}

function batchOf(sent: readonly Sent[], noted: readonly AttemptRecord[] = []): Uint8Array {
  const writer = new BatchWriter(Buffer.alloc(200_000))
  writer.begin({ node: 'proxy-1', epoch: 'boot-1', firstSequence: sequence + 1 })
  for (const attempt of noted) writer.attempt(attempt)
  sequence += noted.length
  for (const [request, attempts] of sent) {
    const [only] = attempts
    if (attempts.length === 1 && only !== undefined && isSingle(request, only)) writer.single(request, only)
    else {
      for (const attempt of attempts) writer.attempt(attempt)
      sequence += attempts.length
      writer.request(request, attempts.at(-1))
    }
    sequence++
  }
  return new Uint8Array(writer.bytes.subarray(0, writer.offset))
}

async function send(...sent: Sent[]): Promise<void> {
  await publish(batchOf(sent))
}

async function publish(batch: Uint8Array): Promise<void> {
  bus.publish(subjects.telemetryBatch, batch.slice())
  await turn()
}

function beat(node: string, load: { inFlight: number; health: 'healthy' | 'ejected' }): void {
  const { model, provider, target } = sampleAttempt()
  const heartbeat: NodeHeartbeat = {
    node,
    role: 'proxy',
    region: 'local',
    version: '0',
    revision: 1,
    hash: '',
    lagMs: 0,
    draining: false,
    atMs: clock.wallMs(),
    queues: {},
    targets: [{ model, provider, target, weight: 1, ...load }],
  }
  bus.publish(subjects.heartbeat, encodeJson(heartbeat))
}

async function ask(query: AggregatorQuery): Promise<unknown> {
  const answer = await bus.request(subjects.aggregatorQuery, encodeJson(query), 5_000)
  if (!answer.ok) throw new Error(JSON.stringify(answer.error))
  return decodeJson(answer.value)
}

async function names(query: AggregatorQuery, column: string): Promise<unknown[]> {
  const { rows } = (await ask(query)) as { rows: Record<string, unknown>[] }
  return rows.map((row) => row[column])
}

async function requests(query: { limit: number; before?: string; filter?: Record<string, string> }) {
  return (await ask({ type: 'requests', ...query })) as { items: { id: string }[]; next?: string }
}

async function metrics(): Promise<string> {
  const answer = await bus.request(subjects.aggregatorQuery, encodeJson({ type: 'metrics' }), 5_000)
  if (!answer.ok) throw new Error(JSON.stringify(answer.error))
  return new TextDecoder().decode(answer.value)
}

async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resume) => setImmediate(resume))
}
