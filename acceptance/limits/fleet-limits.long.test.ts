// One limit of eight proxies in processes of their own, under three times the demand that it allows: how much of it is used, and by
// how much the worst minute is above `rate × 60 s + capacity`.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AnsweringUpstream, startAnsweringUpstream } from '../answering-upstream.ts'
import { type Cluster, type ClusterNode, chat, findNatsServer, startCluster } from '../cluster.ts'
import { providerAt } from '../scripted-llm.ts'
import { sleep } from '../until.ts'

const count = 8
const perMinute = 1_200
const demand = 3
const seconds = 90
const why = findNatsServer() === undefined ? ' (skipped: needs nats-server)' : ''

describe.skipIf(why !== '')(`a fleet of proxies${why}`, () => {
  let cluster: Cluster
  let upstream: AnsweringUpstream
  let proxies: ClusterNode[]

  beforeAll(async () => {
    upstream = await startAnsweringUpstream()
    cluster = await startCluster({ nats: { servers: 3 } })
    await cluster.start('control', {
      config: {
        providers: { up: providerAt(upstream.url) },
        models: { fast: { targets: [{ provider: 'up', model: 'm' }], retries: { attempts: 0 } } },
        limits: { all: { per: 'key', requests: perMinute, window: '1m' } },
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

  test.each<[string, (index: number) => number]>([
    ['even', () => 1 / count],
    ['uneven', (index) => 1 / (index + 1) / harmonic(count)],
    ['at one proxy', (index) => (index === 0 ? 1 : 0)],
  ])(
    'under a demand that is %s',
    async (name, share) => {
      const { secret, revision } = await cluster.issueKey()
      await cluster.applied(revision)
      const passed: number[] = []
      const open = new Set<Promise<void>>()
      const endMs = performance.now() + seconds * 1_000
      const callers = proxies.map(async (proxy, index) => {
        const everyMs = 60_000 / (perMinute * demand * share(index))
        for (let dueMs = performance.now(); dueMs < endMs; dueMs += everyMs) {
          await sleep(Math.max(0, dueMs - performance.now()))
          const call = chat(proxy, secret, 'fast').then(({ status }) => {
            if (status === 200) passed.push(performance.now())
          })
          open.add(call)
          void call.finally(() => open.delete(call))
        }
      })
      await Promise.all(callers)
      await Promise.all(open)
      passed.sort((one, other) => one - other)
      const over = worstMinute(passed) / (2 * perMinute) - 1
      // The bucket was full at the beginning.
      const used = passed.length / (perMinute * (1 + seconds / 60))
      process.stdout.write(
        `${name}: ${(100 * used).toFixed(1)} % used, the worst minute ${(100 * over).toFixed(2)} % above\n`,
      )
      expect(over).toBeLessThanOrEqual(0.005)
      expect(used).toBeGreaterThanOrEqual(0.98)
    },
    300_000,
  )
})

function harmonic(last: number): number {
  let sum = 0
  for (let index = 1; index <= last; index++) sum += 1 / index
  return sum
}

function worstMinute(times: readonly number[]): number {
  let worst = 0
  let first = 0
  for (const [index, time] of times.entries()) {
    while (time - (times[first] ?? 0) > 60_000) first++
    worst = Math.max(worst, index - first + 1)
  }
  return worst
}
