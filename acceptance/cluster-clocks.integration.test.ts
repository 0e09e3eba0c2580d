// X1 and X2 of the fault matrix (`docs/fault-matrix.md`): nodes whose clocks disagree by 90 s, and clocks that are set by an
// hour while requests run. Only records and events know what time it is; everything else is counted by clocks that go on.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyness } from '../shared/test-load.ts'
import { type AnsweringUpstream, startAnsweringUpstream } from './answering-upstream.ts'
import { type Cluster, type ClusterNode, chat, findNatsServer, startCluster } from './cluster.ts'
import { providerAt } from './scripted-llm.ts'
import { findFaketime, type SetClock, setClock } from './set-clock.ts'
import { until } from './until.ts'

const faketime = findFaketime()
const missing = [faketime === undefined ? 'faketime' : '', findNatsServer() === undefined ? 'nats-server' : '']
const needs = missing.filter((name) => name !== '').join(' and ')
const settleMs = 30_000
const hour = 3_600
/** A process looks at its file once a second. */
const seenMs = 2_500
const nodes = [
  { role: 'control', name: 'control-1', offSeconds: 0 },
  { role: 'aggregator', name: 'aggregator-1', offSeconds: 90 },
  { role: 'aggregator', name: 'aggregator-2', offSeconds: -90 },
  { role: 'proxy', name: 'proxy-1', offSeconds: 90 },
  { role: 'proxy', name: 'proxy-2', offSeconds: -90 },
] as const

describe.skipIf(needs !== '')(`clocks that are wrong${needs === '' ? '' : ` (skipped: needs ${needs})`}`, () => {
  let folder: string
  let upstream: AnsweringUpstream
  let cluster: Cluster
  let proxies: ClusterNode[]
  let key: string
  let sent = 0
  const clocks = new Map<string, SetClock>()

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'headgate-clocks-'))
    upstream = await startAnsweringUpstream()
    cluster = await startCluster()
    const config = {
      providers: { up: providerAt(upstream.url) },
      models: { fast: { targets: [{ provider: 'up', model: 'm' }] } },
      slos: { answers: { match: { model: 'fast' }, objective: 'availability', target: 0.99 } },
    }
    const start = async ({ role, name, offSeconds }: (typeof nodes)[number]) => {
      const clock = setClock(faketime!, folder, name, offSeconds)
      clocks.set(name, clock)
      await cluster.start(role, { name, environment: clock.environment, ...(role === 'control' ? { config } : {}) })
    }
    await start(nodes[0])
    await Promise.all(nodes.slice(1).map(start))
    proxies = ['proxy-1', 'proxy-2'].map((name) => cluster.nodes.find((node) => node.name === name)!)
    const expiresAt = new Date(Date.now() + 2 * hour * 1_000).toISOString()
    const issued = await cluster.issueKey({ expiresAt })
    key = issued.secret
    await cluster.applied(issued.revision)
  })
  afterAll(async () => {
    await cluster?.dispose()
    await upstream?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** All of them answered. */
  async function send(countEach: number): Promise<void> {
    for (let i = 0; i < countEach; i++) {
      const told = await Promise.all(proxies.map((proxy) => chat(proxy, key, 'fast')))
      expect(told.map(({ status }) => status)).toEqual([200, 200])
      sent += told.length
    }
  }

  /** Requests by hour, those that have not begun by every clock included. */
  async function usage(): Promise<Map<string, number>> {
    const to = new Date(Date.now() + 24 * hour * 1_000).toISOString()
    const { rows, stale } = (await cluster.admin('GET', `/usage?groupBy=hour&to=${to}`)).json
    expect(stale ?? []).toEqual([])
    return new Map(rows.map((row: { hour: string; requests: number }) => [row.hour, row.requests]))
  }
  const counted = async () => [...(await usage().catch(() => new Map<string, number>())).values()].reduce(sum, 0)
  const objectives = async () => {
    const { items, evaluation } = (await cluster.admin('GET', '/slos')).json
    return { status: items[0].status, evaluation }
  }
  async function expectAllCounted(): Promise<void> {
    await until(async () => (await counted()) === sent, settleMs)
    await until(async () => (await objectives()).status?.total === sent, settleMs)
    expect((await objectives()).status).toMatchObject({ state: 'ok', good: sent })
  }
  async function expectAllPresent(): Promise<void> {
    const told = (await cluster.admin('GET', '/nodes')).json.nodes as { name: string; ageMs: number }[]
    expect(told.map(({ name }) => name)).toEqual(nodes.map(({ name }) => name).sort())
    for (const { ageMs } of told) expect(Math.abs(ageMs)).toBeLessThan(10_000 * busyness())
  }
  const shift = (offSeconds: number) => {
    for (const node of nodes) clocks.get(node.name)!.set(node.offSeconds + offSeconds)
  }

  test('X2: nodes 90 s apart hear of changes at once, count everything once, and know who is there', async () => {
    await send(20)
    await expectAllCounted()
    await expectAllPresent()
    const { id, secret } = await cluster.issueKey()
    for (const proxy of proxies) await until(async () => (await chat(proxy, secret, 'fast')).status === 200, settleMs)
    sent += await upstreamAnswered()
    await cluster.admin('DELETE', `/keys/${id}`)
    const took = await Promise.all(
      proxies.map((proxy) => until(async () => (await chat(proxy, secret, 'fast')).status === 401, settleMs)),
    )
    sent += await upstreamAnswered()
    expect(Math.max(...took)).toBeLessThan(8_000)
    await expectAllCounted()
  })

  /** Answers that `send` did not count. */
  async function upstreamAnswered(): Promise<number> {
    await pause(200)
    return upstream.answered - sent
  }

  test('X2: the publisher is killed, and the next one takes over by its own clock', async () => {
    const { publisher, epoch } = (await objectives()).evaluation
    const killed = cluster.nodes.find(({ name }) => name === publisher)!
    await killed.process.kill('SIGKILL')
    const tookMs = await until(async () => {
      const { evaluation } = await objectives()
      return evaluation.publisher !== publisher && !evaluation.stale
    }, settleMs)
    expect((await objectives()).evaluation.epoch).toBeGreaterThan(epoch)
    process.stderr.write(`takeover with clocks 180 s apart: ${Math.round(tookMs)} ms\n`)
    await killed.restart()
    await send(5)
    await expectAllCounted()
  })

  test('X1: clocks are set an hour ahead and back again under load: nothing expires, nobody is lost, every answer counts', async () => {
    const before = { evaluation: (await objectives()).evaluation, hours: (await usage()).size, ended: endedOf(cluster) }
    await send(5)
    shift(hour)
    await pause(seenMs)
    await send(20)
    await expectAllPresent()
    await until(async () => (await counted()) === sent, settleMs)
    // What was answered in what its proxy calls the next hour is counted there.
    expect((await usage()).size).toBeGreaterThan(before.hours)
    shift(0)
    await pause(seenMs)
    await send(20)
    await expectAllPresent()
    await expectAllCounted()
    const { evaluation } = await objectives()
    expect([evaluation.publisher, evaluation.epoch]).toEqual([before.evaluation.publisher, before.evaluation.epoch])
    expect(endedOf(cluster)).toEqual(before.ended)
    const written = await cluster.admin('PUT', '/teams/after', {})
    await cluster.applied(written.json.revision)
    for (const node of cluster.nodes)
      await expect.poll(node.readyz, { timeout: settleMs }).toMatchObject({ status: 'ok' })
  })
})

function sum(one: number, other: number): number {
  return one + other
}

function endedOf(cluster: Cluster): boolean[] {
  return cluster.nodes.map(({ process }) => process.isOver)
}
