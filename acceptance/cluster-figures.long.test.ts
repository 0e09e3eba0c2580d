// How fast a cluster hears of a change, on a machine that does nothing else: three servers, as many proxies as named (default
// 8), as many changes (default 100).
//
//   PROXIES=8 CHANGES=100 npm run test:long -- acceptance/cluster-figures
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, type ClusterNode, findNatsServer, startCluster } from './cluster.ts'
import { ask } from './http.ts'
import { sleep, until } from './until.ts'

const proxiesCount = Number(process.env['PROXIES'] ?? 8)
const changes = Number(process.env['CHANGES'] ?? 100)
const lookMs = 5
const limitMs = 30_000
const why = findNatsServer() === undefined ? ' (skipped: needs nats-server)' : ''

describe.skipIf(why !== '')(`figures of a cluster${why}`, () => {
  let cluster: Cluster
  let proxies: readonly ClusterNode[]
  beforeAll(async () => {
    cluster = await startCluster({ nats: { servers: 3 } })
    await cluster.start('control', { environment: { HEADGATE_DEMO: 'on' } })
    for (let i = 0; i < proxiesCount; i++) await cluster.start('proxy')
    proxies = cluster.nodes.filter(({ role }) => role === 'proxy')
    const { revision } = await cluster.issueKey()
    await cluster.applied(revision)
  }, 300_000)
  afterAll(() => cluster?.dispose())

  /** Waits until the last proxy answers the key with the status; returns the milliseconds that it took. */
  async function everywhere(secret: string, status: number): Promise<number> {
    const headers = { authorization: `Bearer ${secret}` }
    const answers = async (proxy: ClusterNode) =>
      (await ask(`${proxy.base}/v1/models`, 'GET', undefined, headers)).status === status
    return Math.max(...(await Promise.all(proxies.map((proxy) => until(() => answers(proxy), limitMs, lookMs)))))
  }

  test('a change on every proxy, and a key that is revoked', async () => {
    const [issuedMs, revokedMs]: [number[], number[]] = [[], []]
    for (let i = 0; i < changes; i++) {
      // From when the write is begun: the answer to it comes once the log has it.
      const beganMs = performance.now()
      const { id, secret } = await cluster.issueKey()
      const issued = performance.now() - beganMs
      issuedMs.push(issued + (await everywhere(secret, 200)))
      const revokingMs = performance.now()
      expect((await cluster.admin('DELETE', `/keys/${id}`)).status).toBe(200)
      const revoked = performance.now() - revokingMs
      revokedMs.push(revoked + (await everywhere(secret, 401)))
    }
    say(`a change on ${proxiesCount} proxies, ${changes} times`, issuedMs)
    say(`a key revoked on ${proxiesCount} proxies, ${changes} times`, revokedMs)
    expect(quantile(issuedMs, 0.99)).toBeLessThanOrEqual(250)
    expect(quantile(revokedMs, 0.99)).toBeLessThanOrEqual(1_000)
  }, 900_000)

  test('the leader of the log is killed: how long a write takes', async () => {
    const tookMs: number[] = []
    for (let i = 0; i < 5; i++) {
      const leader = await cluster.nats.leaderOf('CFG')
      await leader.kill()
      const write = async () => (await cluster.admin('PUT', `/teams/team-${i}`, { costCenter: `${i}` })).status === 200
      tookMs.push(await until(write, limitMs))
      await cluster.nats.start()
      await sleep(3_000)
    }
    say('a write after the leader was killed, 5 times', tookMs)
    expect(Math.max(...tookMs)).toBeLessThan(limitMs)
  }, 300_000)
})

/** The value that so much of them is not above. */
function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.ceil(part * sorted.length) - 1] ?? Number.NaN
}

function say(name: string, tookMs: readonly number[]): void {
  const [p50, p99] = [0.5, 0.99].map((part) => quantile(tookMs, part).toFixed(0))
  process.stderr.write(`${name}: p50 ${p50} ms, p99 ${p99} ms, max ${Math.max(...tookMs).toFixed(0)} ms\n`)
}
