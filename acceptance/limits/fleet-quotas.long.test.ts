// Four proxies in processes of their own share an account at a provider that is asked for half more tokens than it takes: how much of it is
// used, and how many requests it rejects.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, type ClusterNode, chat, findNatsServer, startCluster } from '../cluster.ts'
import { providerAt } from '../scripted-llm.ts'
import { sleep } from '../until.ts'
import { type LimitingUpstream, startLimitingUpstream } from './limiting-upstream.ts'

const count = 4
const tokensPerMinute = 120_000
const demand = 1.5
const learningMs = 45_000
const measuredMs = 90_000
const why = findNatsServer() === undefined ? ' (skipped: needs nats-server)' : ''

describe.skipIf(why !== '')(`a fleet of proxies${why}`, () => {
  let cluster: Cluster
  let upstream: LimitingUpstream
  let proxies: ClusterNode[]

  beforeAll(async () => {
    upstream = await startLimitingUpstream({ tokensPerMinute, left: 10_000 })
    cluster = await startCluster({ nats: { servers: 1 } })
    await cluster.start('control', {
      config: {
        providers: { up: providerAt(upstream.url) },
        models: { fast: { targets: [{ provider: 'up', model: 'm' }], retries: { attempts: 0 } } },
      },
    })
    proxies = await Promise.all(
      Array.from({ length: count }, (_, index) => cluster.start('proxy', { name: `proxy-${index + 1}` })),
    )
  }, 300_000)
  afterAll(async () => {
    await cluster?.dispose()
    await upstream?.stop()
  })

  test('under half more than the provider takes', async () => {
    const { secret, revision } = await cluster.issueKey()
    await cluster.applied(revision)
    const open = new Set<Promise<unknown>>()
    const startMs = performance.now()
    const endMs = startMs + learningMs + measuredMs
    // A request has some 25 tokens, as the provider counts.
    const everyMs = (count * 60_000 * 25) / (tokensPerMinute * demand)
    const callers = proxies.map(async (proxy) => {
      for (let dueMs = performance.now(); dueMs < endMs; dueMs += everyMs) {
        await sleep(Math.max(0, dueMs - performance.now()))
        const call = chat(proxy, secret, 'fast')
        open.add(call)
        void call.finally(() => open.delete(call))
      }
    })
    await sleep(learningMs)
    const { taken, requests, rejections } = upstream.counts
    await Promise.all(callers)
    const used =
      (upstream.counts.taken - taken) / ((tokensPerMinute * (performance.now() - startMs - learningMs)) / 60_000)
    const rejected = (upstream.counts.rejections - rejections) / (upstream.counts.requests - requests)
    process.stdout.write(`${(100 * used).toFixed(1)} % used, ${(100 * rejected).toFixed(2)} % rejected\n`)
    await Promise.all(open)
    expect(rejected).toBeLessThan(0.005)
    expect(used).toBeGreaterThan(0.95)
  }, 300_000)
})
