// What proxies do while things around them, or they themselves, end: requests go on. Rows N1, N2, P1, P3 and G6 of the
// degraded-mode contract (`docs/degraded-mode.md`).
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { busyness } from '../shared/test-load.ts'
import { type Cluster, type ClusterNode, chat, findNatsServer, startCluster } from './cluster.ts'
import { ask, type Told } from './http.ts'
import { until } from './until.ts'

const hasNats = findNatsServer() !== undefined
const settleMs = 20_000

/** Asks each of `nodes` again and again until it is stopped; `counts` says how often each status came. */
function startLoad(nodes: readonly ClusterNode[], key: string) {
  const counts: Record<string, number> = {}
  let isOver = false
  const lane = async (node: ClusterNode) => {
    while (!isOver) {
      const outcome = await chat(node, key, 'demo/echo').then(
        ({ status }) => `${status}`,
        (error: Error) => `${(error.cause as NodeJS.ErrnoException | undefined)?.code ?? error.message}`,
      )
      counts[outcome] = (counts[outcome] ?? 0) + 1
      await pause(5)
    }
  }
  const lanes = nodes.flatMap((node) => [lane(node), lane(node)])
  const answered = () => counts['200'] ?? 0
  return {
    counts,
    /** Resolves once so many more were answered. */
    more(count: number): Promise<number> {
      const before = answered()
      return until(() => answered() >= before + count, settleMs)
    },
    async stop(): Promise<void> {
      isOver = true
      await Promise.all(lanes)
    },
  }
}

describe.skipIf(!hasNats)('a cluster of two proxies (needs nats-server)', () => {
  let cluster: Cluster
  let control: ClusterNode
  let proxies: ClusterNode[]
  let key: string
  beforeAll(async () => {
    cluster = await startCluster()
    control = await cluster.start('control', { environment: { HEADGATE_DEMO: 'on' } })
    await cluster.start('aggregator')
    proxies = [await cluster.start('proxy'), await cluster.start('proxy')]
    const issued = await cluster.issueKey()
    key = issued.secret
    await cluster.applied(issued.revision)
  })
  afterAll(() => cluster?.dispose())
  beforeEach(async () => {
    await cluster.nats.start()
    for (const node of cluster.nodes) if (node.process.isOver) await node.restart()
    await expect.poll(() => writeTeam('ready'), { timeout: settleMs }).toBe(200)
  })

  const writeTeam = async (name: string) =>
    (await cluster.admin('PUT', `/teams/${name}`, { costCenter: `${performance.now()}` })).status
  const nodesTold = async (): Promise<Record<string, unknown>[]> => (await cluster.admin('GET', '/nodes')).json.nodes
  const nodeTold = async (name: string) => (await nodesTold()).find((node) => node['name'] === name)

  test('every node is told with what it serves, its load and its version, and all agree', async () => {
    const names = ['aggregator-1', 'control-1', 'proxy-1', 'proxy-2']
    await expect
      .poll(async () => (await nodesTold()).map(({ name, revision }) => [name, revision]), { timeout: settleMs })
      .toEqual(names.map((name) => [name, expect.any(Number)]))
    await expect
      .poll(async () => new Set((await nodesTold()).map(({ hash }) => hash)).size, { timeout: settleMs })
      .toBe(1)
    for (const node of await nodesTold()) {
      expect(node).toMatchObject({
        agrees: true,
        draining: false,
        region: 'local',
        version: expect.stringMatching(/^\d/),
      })
      expect(node['load']).toMatchObject({ rssBytes: expect.any(Number), eventLoopLagMs: { p99: expect.any(Number) } })
    }
    expect(await nodeTold('proxy-1')).toMatchObject({ load: { openRequests: 0 }, lagMs: 0 })
  })

  test('a key that is revoked is refused everywhere within a second, and a stream that it began is cut', async () => {
    const { id, secret } = await cluster.issueKey()
    for (const proxy of proxies)
      await until(async () => (await chat(proxy, secret, 'demo/echo')).status === 200, settleMs)
    const messages = [{ role: 'user', content: 'word '.repeat(40) }]
    const stream = await fetch(`${proxies[0]!.base}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'demo/slow', stream: true, messages }),
    })
    expect((await cluster.admin('DELETE', `/keys/${id}`)).status).toBe(200)
    const took = await Promise.all(
      proxies.map((proxy) => until(async () => (await chat(proxy, secret, 'demo/echo')).status === 401, settleMs)),
    )
    // The machine that runs this may be busy with other tests; alone it takes some tens of milliseconds.
    expect(Math.max(...took)).toBeLessThan(8_000)
    const text = await stream.text()
    expect([stream.status, text.includes('[DONE]'), text.includes('"code":"invalid_api_key"')]).toEqual([
      200,
      false,
      true,
    ])
  })

  test('N2: with NATS away no request fails, writes are told so, and all is well again by itself', async () => {
    const before = await rssOf(proxies[0]!)
    const load = startLoad(proxies, key)
    await cluster.nats.kill()
    for (const node of cluster.nodes) {
      await expect
        .poll(async () => (await node.readyz()).reasons.join(), { timeout: settleMs })
        .toMatch(/NATS is away.*since \d{4}-/)
      expect(await node.isReady).toBe(true)
    }
    const { status, json } = await cluster.admin('PUT', '/teams/late', {})
    expect([status, json.type]).toEqual([503, 'urn:headgate:problem:log_unavailable'])
    await load.more(100)
    await load.stop()
    expect(Object.keys(load.counts)).toEqual(['200'])
    expect((await rssOf(proxies[0]!)) - before).toBeLessThan(64 << 20)
    await cluster.nats.start()
    await expect.poll(() => writeTeam('back'), { timeout: settleMs }).toBe(200)
    for (const node of cluster.nodes) {
      await expect.poll(node.readyz, { timeout: settleMs }).toEqual({ status: 'ok', reasons: [] })
    }
  })

  test('N1: without NATS a proxy starts with what it served last, degraded; a new one says that it has nothing', async () => {
    await cluster.nats.kill()
    const [known] = proxies as [ClusterNode]
    await known.restart({ signal: 'SIGKILL' })
    expect((await chat(known, key, 'demo/echo')).status).toBe(200)
    await expect.poll(async () => (await known.readyz()).status, { timeout: settleMs }).toBe('degraded')
    const fresh = await cluster.start('proxy', { name: 'proxy-fresh', ready: false })
    await until(
      async () => (await chat(fresh, key, 'demo/echo').catch(() => undefined))?.status !== undefined,
      settleMs,
    )
    const told = await chat(fresh, key, 'demo/echo')
    expect([told.status, told.json.error.code, told.headers.get('x-should-retry')]).toEqual([503, 'no_config', 'true'])
    const { status, reasons } = await fresh.readyz()
    expect([status, reasons.join()]).toEqual(['unready', expect.stringMatching(/no configuration/)])
    await cluster.nats.start()
    await until(async () => (await chat(fresh, key, 'demo/echo')).status === 200, settleMs)
    await fresh.process.kill('SIGTERM')
    expect(fresh.process.exitCode).toBe(0)
  })

  test('N1: a control node starts without NATS too: it shows what is, and says why it can change nothing', async () => {
    await cluster.nats.kill()
    await control.restart()
    expect((await cluster.admin('GET', '/teams/default')).status).toBe(200)
    expect(await writeTeam('away')).toBe(503)
    await expect
      .poll(async () => (await ask(`${control.control}/readyz?verbose`, 'GET')).json.reasons.join(), {
        timeout: settleMs,
      })
      .toMatch(/NATS is away/)
  })

  test('P1: kill -9 of a proxy under load costs the others nothing, and its successor goes on', async () => {
    const [killed, other] = proxies as [ClusterNode, ClusterNode]
    const load = startLoad([other], key)
    await load.more(20)
    await killed.process.kill('SIGKILL')
    await load.more(100)
    await killed.restart()
    expect((await chat(killed, key, 'demo/echo')).status).toBe(200)
    await load.stop()
    expect(Object.keys(load.counts)).toEqual(['200'])
  })

  test('P3: a proxy that stood still is missed meanwhile, and goes on without a burst', async () => {
    const [stopped] = proxies as [ClusterNode]
    await expect
      .poll(async () => (await nodeTold('proxy-1'))?.['ageMs'], { timeout: settleMs })
      .toBeLessThan(2_000 * busyness())
    stopped.process.signal('SIGSTOP')
    const waiting = chat(stopped, key, 'demo/echo')
    const { revision } = (await cluster.admin('PUT', '/teams/meanwhile', {})).json
    await expect.poll(async () => (await nodeTold('proxy-1'))?.['ageMs'], { timeout: settleMs }).toBeGreaterThan(3_000)
    stopped.process.signal('SIGCONT')
    expect((await waiting).status).toBe(200)
    await cluster.applied(revision)
    await expect
      .poll(async () => (await nodeTold('proxy-1'))?.['revision'], { timeout: settleMs })
      .toBeGreaterThanOrEqual(revision)
    expect((await readyTold(stopped)).status).toBe(200)
  })

  test('a proxy that is stopped leaves no usage behind', async () => {
    const leaving = await cluster.start('proxy', { name: 'proxy-for-good' })
    for (let i = 0; i < 20; i++) expect((await chat(leaving, key, 'demo/echo')).status).toBe(200)
    await leaving.process.kill('SIGTERM')
    const left = readdirSync(join(leaving.dataDir, 'spool')).filter((name) => name.endsWith('.spool'))
    expect(left).toEqual([])
  })

  test('a proxy that stops says that it drains, and is dropped from the list after a while', async () => {
    const leaving = await cluster.start('proxy', { name: 'proxy-leaving' })
    await expect.poll(() => nodeTold('proxy-leaving'), { timeout: settleMs }).toBeDefined()
    leaving.process.signal('SIGTERM')
    await expect.poll(async () => (await nodeTold('proxy-leaving'))?.['draining'], { timeout: settleMs }).toBe(true)
    await leaving.process.ended
    expect(leaving.process.exitCode).toBe(0)
  })
})

async function rssOf(node: ClusterNode): Promise<number> {
  return Number(/^headgate_resident_memory_bytes\{[^}]*\} (\d+)/m.exec(await node.metrics())?.[1])
}

function readyTold(node: ClusterNode): Promise<Told> {
  return ask(`${node.base}/readyz`, 'GET')
}

describe.skipIf(!hasNats)('on one port (needs nats-server)', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster()
    await cluster.start('control', { environment: { HEADGATE_DEMO: 'on' } })
  })
  afterAll(() => cluster?.dispose())

  test('the data port is shared with a proxy of the same cluster, and with nothing else', async () => {
    const first = await cluster.start('proxy')
    const port = Number(new URL(first.base).port)
    const foreign = { HEADGATE_MASTER_KEY: Buffer.alloc(32, 9).toString('base64') }
    const alone = { HEADGATE_NATS_URL: '', HEADGATE_OPS_PORT: '' }
    const sharing = await cluster.start('proxy', { port })
    expect(await sharing.isReady).toBe(true)
    await sharing.process.kill('SIGTERM')
    for (const [role, environment] of [
      ['proxy', foreign],
      ['all', alone],
    ] as const) {
      const refused = await cluster.start(role, { port, environment, ready: false, name: `refused-${role}` })
      await until(() => refused.process.isOver, settleMs)
      expect([refused.process.exitCode, refused.process.output()]).toEqual([
        1,
        expect.stringContaining(`HEADGATE_PORT: cannot listen on 127.0.0.1:${port}`),
      ])
    }
  })
})
