// The ledger of a cluster: each of two aggregators has it whole, a month that is closed while one is away is closed at both, and the
// command proves all partitions.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AnsweringUpstream, startAnsweringUpstream } from '../answering-upstream.ts'
import { type Cluster, type ClusterNode, findNatsServer, startCluster } from '../cluster.ts'
import { adminToken, ask } from '../gateway.ts'
import { price } from '../limits/budget-callers.ts'
import { startNodeProcess } from '../node-process.ts'
import { until } from '../until.ts'

const settleMs = 60_000

describe.skipIf(findNatsServer() === undefined)('the ledger of a cluster (needs nats-server)', () => {
  let cluster: Cluster
  let upstream: AnsweringUpstream
  let aggregators: ClusterNode[]
  let proxies: ClusterNode[]
  let control: ClusterNode
  let key: string

  beforeAll(async () => {
    upstream = await startAnsweringUpstream()
    cluster = await startCluster()
    control = await cluster.start('control', {
      config: {
        providers: { up: { kind: 'openai', baseUrl: `${upstream.url}/v1`, credentials: [{ name: 'k', apiKey: 'x' }] } },
        models: { fast: { targets: [{ provider: 'up', model: 'm', price }], retries: { attempts: 0 } } },
        teams: { payers: { costCenter: '4711' } },
        budgets: { payers: { team: 'payers', usd: 5, window: '1mo' } },
      },
    })
    aggregators = [await cluster.start('aggregator'), await cluster.start('aggregator')]
    proxies = [await cluster.start('proxy'), await cluster.start('proxy')]
    key = await cluster.keyOf('payers')
    await until(async () => (await owners()).length === 16, settleMs)
  }, 120_000)
  afterAll(async () => {
    await cluster?.dispose()
    await upstream?.stop()
  })

  const owners = async (): Promise<string[]> => {
    const nodes = (await cluster.admin('GET', '/nodes')).json.nodes as {
      name: string
      usage?: { ownerEpoch?: number }[]
    }[]
    return nodes.flatMap(({ name, usage = [] }) => usage.filter((one) => one.ownerEpoch).map(() => name))
  }
  const ids = async (): Promise<string[]> => {
    const { json } = await cluster.admin('GET', '/ledger?limit=1000')
    return json.stale === undefined ? (json.items as { id: string }[]).map(({ id }) => id) : []
  }
  const send = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      const proxy = proxies[n % proxies.length] as ClusterNode
      const body = { model: 'fast', max_tokens: 20, messages: [{ role: 'user', content: 'hi' }] }
      const headers = { authorization: `Bearer ${key}` }
      expect((await ask(`${proxy.base}/v1/chat/completions`, 'POST', body, headers)).status).toBe(200)
    }
  }

  test('an aggregator that is killed is missed in no list, sum or proof', async () => {
    await send(20)
    await until(async () => (await ids()).length === 20, settleMs)
    const before = await ids()
    const [first] = aggregators as [ClusterNode]
    await first.process.kill('SIGKILL')
    await until(async () => new Set(await owners()).size === 1 && (await ids()).length === 20, settleMs)
    expect(await ids()).toEqual(before)
    await first.restart()
    await until(async () => new Set(await owners()).size === 2, settleMs)
    expect(await ids()).toEqual(before)
  }, 180_000)

  test('the command proves every partition and the budget', async () => {
    await until(async () => (await verified()).isProven, settleMs)
    const { partitions, budgets } = await verified()
    expect(partitions).toHaveLength(16)
    expect(partitions.reduce((sum: number, { events }: { events: number }) => sum + events, 0)).toBe(20)
    expect(budgets).toMatchObject([{ name: 'payers', faults: [], note: '' }])
  }, 180_000)

  test('a month is closed at both aggregators, also at one that was away', async () => {
    const month = '2026-01'
    const [first, second] = aggregators as [ClusterNode, ClusterNode]
    await first.process.kill('SIGKILL')
    await until(async () => (await owners()).filter((name) => name === second.name).length === 16, settleMs)
    await until(
      async () => (await cluster.admin('POST', '/ledger:close', { month, acceptMissing: true })).status === 200,
      settleMs,
    )
    await first.restart()
    await until(async () => new Set(await owners()).size === 2, settleMs)
    const statusOf = async () => {
      const { json } = await cluster.admin('GET', `/ledger:months?from=${month}&to=${month}`)
      return json.stale === undefined ? json.months[0].status : 'stale'
    }
    // A look tells the one that was away.
    await until(async () => (await statusOf()) === 'closed', settleMs)
    await until(async () => (await statusOf()) === 'closed', settleMs)
    await second.process.kill('SIGKILL')
    await until(async () => (await owners()).filter((name) => name === first.name).length === 16, settleMs)
    await until(async () => (await statusOf()) === 'closed', settleMs)
    await second.restart()
  }, 180_000)

  async function verified() {
    const environment = { HEADGATE_CONTROL_URL: control.control, HEADGATE_ADMIN_TOKEN: adminToken }
    const running = startNodeProcess({ words: ['--json', 'ledger', 'verify'], environment })
    await running.ended
    return JSON.parse(running.output().replace(/^\(.*\n/gm, ''))
  }
})
