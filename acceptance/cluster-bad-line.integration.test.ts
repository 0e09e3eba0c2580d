// One proxy whose line to NATS is cut, slow or flaps, while everybody else's is well: N6 and N7 of the degraded-mode
// contract (`docs/degraded-mode.md`). And nodes that are missing or do not belong.
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type FaultProxy, startFaultProxy } from '../loadtest/faults/fault-proxy.ts'
import { type Cluster, type ClusterNode, chat, findNatsServer, startCluster } from './cluster.ts'
import { startSteadyLoad } from './steady-load.ts'
import { until } from './until.ts'

const settled = { timeout: 60_000 }
const requestsPerSecond = 20

describe.skipIf(findNatsServer() === undefined)('a bad line to NATS (needs nats-server)', () => {
  let cluster: Cluster
  let line: FaultProxy
  let control: ClusterNode
  let proxy: ClusterNode
  let key: string
  beforeAll(async () => {
    cluster = await startCluster()
    line = await startFaultProxy({ upstreamPort: cluster.nats.server.port })
    control = await cluster.start('control', { environment: { HEADGATE_DEMO: 'on' } })
    await cluster.start('aggregator')
    proxy = await cluster.start('proxy', { environment: { HEADGATE_NATS_URL: `nats://127.0.0.1:${line.port}` } })
    const issued = await cluster.issueKey()
    key = issued.secret
    await cluster.applied(issued.revision)
  })
  afterAll(async () => {
    await cluster?.dispose()
    await line?.stop()
  })
  beforeEach(() => line.set({}))

  const writeTeams = async (prefix: string, count: number): Promise<number> => {
    let revision = 0
    for (let i = 0; i < count; i++) revision = (await cluster.admin('PUT', `/teams/${prefix}-${i}`, {})).json.revision
    return revision
  }
  const shown = async () =>
    (await cluster.admin('GET', '/nodes')).json.nodes.find(({ name }: { name: string }) => name === proxy.name)
  const becomesWell = () => expect.poll(proxy.readyz, settled).toEqual({ status: 'ok', reasons: [] })

  test('N6, N7: cut off, a proxy serves what it knows and says so; healed, it has everything in order', async () => {
    await expect.poll(shown, settled).toMatchObject({ agrees: true })
    const load = startSteadyLoad({ base: proxy.base, key, requestsPerSecond, streams: 1 })
    await line.set({ requests: { stallAfterBytes: 1 }, answers: { stallAfterBytes: 1 } })
    const revision = await writeTeams('unseen', 200)
    await expect.poll(async () => (await proxy.readyz()).reasons.join(), settled).toMatch(/NATS is away/)
    await expect.poll(async () => (await shown()).ageMs, settled).toBeGreaterThan(3_000)
    await line.set({})
    line.resetAll()
    await cluster.applied(revision)
    await load.stop()
    expect(load.failures).toEqual([])
    await becomesWell()
    expect(await shown()).toMatchObject({ revision, agrees: true })
  })

  test('slow: no request waits for the line, and changes come later', async () => {
    await line.set({ answers: { latencyMs: 100, jitterMs: 100 }, requests: { latencyMs: 100 } })
    const load = startSteadyLoad({ base: proxy.base, key, requestsPerSecond, streams: 1 })
    await cluster.applied(await writeTeams('slow', 3))
    await load.stop()
    expect(load.failures).toEqual([])
  })

  test('flapping: no request fails, however often the connection is lost, and all is well when it holds', async () => {
    const load = startSteadyLoad({ base: proxy.base, key, requestsPerSecond, streams: 1 })
    for (let i = 0; i < 10; i++) {
      line.resetAll()
      await pause(200)
    }
    const revision = await writeTeams('flapping', 3)
    await cluster.applied(revision)
    await load.stop()
    expect(load.failures).toEqual([])
    await becomesWell()
  })

  test('the control node is killed under load: requests go on, and its successor writes where it ended', async () => {
    const load = startSteadyLoad({ base: proxy.base, key, requestsPerSecond, streams: 1 })
    const before = await writeTeams('before', 1)
    await control.process.kill('SIGKILL')
    const answered = load.answered
    await until(() => load.answered >= answered + requestsPerSecond / 2, settled.timeout)
    await control.restart()
    const after = await writeTeams('after', 1)
    expect(after).toBe(before + 1)
    await cluster.applied(after)
    await load.stop()
    expect(load.failures).toEqual([])
  })

  test('a node with another master key believes nothing of the cluster, and serves nothing', async () => {
    const other = Buffer.alloc(32, 9).toString('base64')
    const stranger = await cluster.start('proxy', {
      name: 'stranger',
      ready: false,
      environment: { HEADGATE_MASTER_KEY: other },
    })
    await expect
      .poll(async () => (await stranger.readyz().catch(() => undefined))?.reasons.join(), settled)
      .toMatch(/master key|forged|MAC/)
    await until(() => chat(stranger, key, 'demo/echo').then(Boolean, () => false), settled.timeout)
    const told = await chat(stranger, key, 'demo/echo')
    expect([told.status, told.json.error.code]).toEqual([503, 'no_config'])
    await expect.poll(() => stranger.process.output(), settled).toMatch(/"event":"log-alarm","alarm":"forged"/)
    await stranger.process.kill('SIGTERM')
  })
})
