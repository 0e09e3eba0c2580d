// NATS is away for the whole of a load: no answer fails, no memory grows, and when it is back every answer is billed once. In
// `npm test` for some seconds, in `npm run test:long` for minutes and with many callers.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MockUpstream, startMockUpstream } from '../loadtest/mock-upstream/mock-upstream.ts'
import { startBilledLoad } from './billed-load.ts'
import { type Cluster, type ClusterNode, findNatsServer, startCluster } from './cluster.ts'
import { modelOn, providerAt } from './scripted-llm.ts'
import { sleep, until } from './until.ts'

const awaySeconds = Number(process.env['AWAY_SECONDS'] ?? 3)
const lanes = Number(process.env['AWAY_LANES'] ?? 4)
const settleMs = 120_000
const megabyte = 2 ** 20
/** What the heap of a busy process swings by; what is kept for each request would be far beyond it in a long run. */
const grownBytesMax = 48 * megabyte

describe.skipIf(findNatsServer() === undefined)('a load without NATS (needs nats-server)', () => {
  let cluster: Cluster
  let mock: MockUpstream
  let proxies: ClusterNode[]
  let key: string
  beforeAll(async () => {
    mock = await startMockUpstream()
    cluster = await startCluster()
    const config = { providers: { mock: providerAt(mock.url) }, models: { billed: modelOn('mock', 'gpt-x') } }
    await cluster.start('control', { config })
    const [, ...started] = await Promise.all([
      cluster.start('aggregator'),
      cluster.start('proxy', { name: 'proxy-1' }),
      cluster.start('proxy', { name: 'proxy-2' }),
    ])
    proxies = started
    const issued = await cluster.issueKey()
    key = issued.secret
    await cluster.applied(issued.revision)
  })
  afterAll(async () => {
    await cluster?.dispose()
    await mock?.stop()
  })

  const resident = () => Promise.all(proxies.map(async (proxy) => residentBytes(await proxy.metrics())))

  test(
    `${awaySeconds} s: no answer fails, memory is flat, and every answer is billed once when it is back`,
    async () => {
      // Hot code and full pools first: what they take is no growth.
      const warm = startBilledLoad({ proxies, key, model: 'billed', lanes, pauseMs: 2 })
      await sleep(Math.min(20, awaySeconds / 2) * 1_000)
      await warm.stop()
      await cluster.nats.kill()
      const load = startBilledLoad({ proxies, key, model: 'billed', lanes, pauseMs: 2 })
      const samples: number[][] = []
      for (let second = 0; second < awaySeconds; second += awaySeconds / 10) {
        await sleep((awaySeconds / 10) * 1_000)
        samples.push(await resident())
      }
      await load.stop()
      expect([load.broken, load.refused]).toEqual([0, []])
      const grown = samples.at(-1)!.map((bytes, index) => bytes - samples[0]![index]!)
      expect(Math.max(...grown)).toBeLessThan(grownBytesMax)

      await cluster.nats.start()
      const answered = [...warm.answered, ...load.answered]
      const history = () => load.history(cluster.admin).catch((): Set<string> => new Set())
      const missing = async () => {
        const found = await history()
        return answered.filter((id) => !found.has(id)).length
      }
      await until(async () => (await missing()) === 0, settleMs, 500)
      const { requests } = (await cluster.admin('GET', '/usage?groupBy=model')).json.rows[0]
      expect(requests).toBe(answered.length)
      process.stderr.write(
        `without NATS for ${awaySeconds} s: ${load.answered.size} answers, 0 failed; resident ` +
          `${samples.map((one) => one.map((bytes) => Math.round(bytes / megabyte)).join('/')).join(' ')} MB; ` +
          `${requests} of ${answered.length} billed\n`,
      )
    },
    awaySeconds * 2_000 + settleMs + 60_000,
  )
})

function residentBytes(metrics: string): number {
  return Number(/^headgate_resident_memory_bytes\{[^}]*\} (\d+)/m.exec(metrics)?.[1])
}
