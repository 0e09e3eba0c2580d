// P2: all proxies of one port are restarted, one after the other, and no request fails. In `npm test` once and under a
// small load; in `npm run test:long` with 300 requests a second and 100 streams.
//
// A connection that the kernel had given to the one that ends goes to another one only with net.ipv4.tcp_migrate_req=1.
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../shared/free-ports.ts'
import { type Cluster, findNatsServer, startCluster } from './cluster.ts'
import { startSteadyLoad } from './steady-load.ts'

const rounds = Number(process.env['ROLLING_ROUNDS'] ?? 1)
const requestsPerSecond = Number(process.env['ROLLING_RPS'] ?? 60)
const streams = Number(process.env['ROLLING_STREAMS'] ?? 10)
const roundMsMax = 60_000

const migrateFile = '/proc/sys/net/ipv4/tcp_migrate_req'

/** The value before; undefined where it cannot be set. */
function setMigration(value: string): string | undefined {
  try {
    const before = readFileSync(migrateFile, 'utf8').trim()
    if (before !== value) writeFileSync(migrateFile, value)
    return before
  } catch {
    return undefined
  }
}

describe.skipIf(findNatsServer() === undefined)('a rolling restart (needs nats-server)', () => {
  let cluster: Cluster
  let before: string | undefined
  let port: number
  beforeAll(async () => {
    before = setMigration('1')
    cluster = await startCluster()
    await cluster.start('control', { environment: { HEADGATE_DEMO: 'on' } })
    port = await freePort(Math.random)
    for (let i = 0; i < 2; i++) await cluster.start('proxy', { port })
  })
  afterAll(async () => {
    await cluster?.dispose()
    if (before !== undefined) setMigration(before)
  })

  test(
    `fails none of the requests and cuts none of the streams, in ${rounds} rounds`,
    async (context) => {
      if (before === undefined) context.skip('net.ipv4.tcp_migrate_req cannot be set here')
      const { secret: key, revision } = await cluster.issueKey()
      await cluster.applied(revision)
      const load = startSteadyLoad({ base: `http://127.0.0.1:${port}`, key, requestsPerSecond, streams })
      const startedMs = performance.now()
      for (let round = 0; round < rounds; round++) {
        for (const proxy of cluster.nodes.filter(({ role }) => role === 'proxy')) {
          const { exitCode } = await restart(proxy)
          expect(exitCode).toBe(0)
        }
      }
      await load.stop()
      const seconds = Math.round((performance.now() - startedMs) / 1_000)
      process.stderr.write(
        `rolling restart: ${rounds} rounds, ${load.answered} requests and ${load.streamed} streams in ${seconds} s, ${load.failures.length} failed\n`,
      )
      expect(load.failures).toEqual([])
      expect(load.answered).toBeGreaterThan(0)
      expect(load.streamed).toBeGreaterThan(0)
    },
    rounds * roundMsMax + 60_000,
  )

  async function restart(proxy: Cluster['nodes'][number]): Promise<{ exitCode: number | null }> {
    const { process } = proxy
    process.signal('SIGTERM')
    await process.ended
    await proxy.restart()
    return process
  }
})
